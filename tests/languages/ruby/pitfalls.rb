# frozen_string_literal: true

# What a binding for Ruby can get wrong: says "kept", or else which of it went wrong.
#
#     ruby pitfalls.rb FILE_ID
#
# The server's answers take 50 ms.

require 'socket'
require 'timeout'
require_relative '../../../examples/ruby/imagekit'

FILE_ID = ARGV.fetch(0)

def holds(what)
  raise "does not hold: #{what}" unless yield
end

def failure_of(kind)
  yield
  nil
rescue kind => e
  e
end

def first_id(client)
  client.file_versions(FILE_ID).dig(0, 'versionInfo', 'id')
end

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

def resident_kib
  GC.start
  File.read('/proc/self/status')[/VmRSS:\s+(\d+)/, 1].to_i
end

# A client that is not freed keeps its connection.
def open_files
  Dir.children('/proc/self/fd').size
end

client = ImageKit::Client.new
id = first_id(client)

holds 'text with a NUL inside is refused before the call' do
  text = "#{FILE_ID}\0.jpg"
  [
    -> { client.file_versions(text) }, -> { client.file_version(FILE_ID, text) },
    -> { client.request('GET', text) }, -> { ImageKit::Client.new(private_key: text) }
  ].all? { |call| failure_of(ArgumentError, &call)&.message == 'string contains null byte' }
end

holds 'a number is no text, and never an address' do
  failure_of(TypeError) { client.file_versions(42) } && failure_of(TypeError) { ImageKit::Client.new(base_url: 42) }
end

holds 'text is UTF-8, in and out, whatever it was before' do
  latin = 'größe'.encode(Encoding::ISO_8859_1)
  upload = { file: 'aGVsbG8=', fileName: 'a.txt', tags: [latin, '🎨'], useUniqueFileName: false }
  tags = client.request('POST', '/api/v1/files/upload', upload)['tags']
  arrived = failure_of(ImageKit::Error) { client.file_versions(latin) }.http_status == 400
  arrived && tags == ['größe', '🎨'] && tags.all? { |tag| tag.encoding == Encoding::UTF_8 }
end

holds 'what is refused says why' do
  refused = failure_of(ImageKit::Error) { client.file_versions('') }
  facts = [refused.code, refused.status, refused.http_status, refused.request_id]
  facts == ['invalid_argument', 1, nil, nil] && refused.message.include?('file_id')
end

holds 'a setting that cannot be used makes no client' do
  refused = failure_of(ImageKit::Error) { ImageKit::Client.new(timeout_ms: 0) }
  refused.message.include?('timeout_ms') && failure_of(ArgumentError) { ImageKit::Client.new(colour: 'red') }
end

holds '64 threads share a client' do
  Array.new(64) { Thread.new { first_id(client) } }.map(&:value).uniq == [id]
end

# It accepts connections and says nothing.
silence = TCPServer.new('127.0.0.1', 0)
patient = ImageKit::Client.new(base_url: "http://127.0.0.1:#{silence.local_address.ip_port}", timeout_ms: 30_000)
start = now

# Would take 5 s if the lock of Ruby's threads were kept during waits of 100 ms.
holds 'other threads run while one waits' do
  waiting = Thread.new { patient.file_versions(FILE_ID) }
  50.times { sleep(0.001) }
  waiting.kill && now - start < 2.5
end

holds 'a time limit of Ruby ends a call' do
  failure_of(Timeout::Error) { Timeout.timeout(0.05) { patient.file_versions(FILE_ID) } }
end

holds 'Ctrl-C ends a call' do
  trap('INT', 'DEFAULT') # what a shell starts in the background ignores it
  Thread.new { sleep(0.05) && Process.kill(:INT, Process.pid) }
  failure_of(Interrupt) { patient.file_versions(FILE_ID) }
end

holds 'a thread that is killed in a call is gone' do
  victims = Array.new(8) { Thread.new { patient.file_versions(FILE_ID) } }
  sleep 0.05
  victims.each(&:kill).all? { |victim| victim.join(10) }
end

holds 'none of that waited for the end of the call' do
  now - start < 30
end

holds 'a forked child uses the client of its parent' do
  children = Array.new(3) { Process.fork { exit!(first_id(client) == id ? 0 : 1) } }
  children.all? { |child| Process.wait2(child).last.success? } && first_id(client) == id
end

holds 'clients that nobody closes are freed' do
  before = open_files
  Array.new(40) { Thread.new { ImageKit::Client.new.file_versions(FILE_ID) } }.each(&:join)
  kept = open_files - before
  deadline = now + 20
  GC.start && sleep(0.01) while open_files - before > 10 && now < deadline
  kept > 30 && open_files - before <= 10
end

holds 'every string of the library is freed' do
  refuse = ->(times) { times.times { failure_of(ImageKit::Error) { client.file_versions('') } } }
  refuse.call(5000)
  before = resident_kib
  refuse.call(20_000)
  resident_kib - before < 2000
end

holds 'a block closes its client, and a closed one says so' do
  kept = nil
  failure_of(RuntimeError) { ImageKit::Client.open { |opened| (kept = opened) && raise('left') } }
  kept.close
  failure_of(ImageKit::Error) { kept.file_versions(FILE_ID) }.code == 'invalid_handle'
end

# The end comes with a call in flight.
Thread.new { patient.file_versions(FILE_ID) }
puts 'kept'
