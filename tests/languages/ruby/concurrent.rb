# frozen_string_literal: true

# Fetches the versions of all files together, a thread for each, in five rounds.
#
#     ruby concurrent.rb FILE_ID...

require_relative '../../../examples/ruby/imagekit'

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC, :float_millisecond)
end

ids = ARGV
ImageKit::Client.open do |client|
  client.file_versions(ids.first)
  5.times do
    start = now
    answers = ids.map { |id| Thread.new { client.file_versions(id) } }.map(&:value)
    time = (now - start).round
    puts "#{answers.count { |versions| versions.dig(0, 'versionInfo', 'id') }} answers in #{time} ms"
  end
end
