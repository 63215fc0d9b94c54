# frozen_string_literal: true

# Prints the versions of a file.
#
#     IMAGEKIT_PRIVATE_KEY=private_... ruby get_file_versions.rb FILE_ID
#
# IMAGE_KIT_BASE_URL names another server than https://api.imagekit.io.

require_relative 'imagekit'

UNKNOWN_ID = '0' * 24

def describe(error)
  http = " (HTTP #{error.http_status})" if error.http_status
  "#{error.code}#{http}: #{error.message}"
end

def show_versions(client, file_id)
  response = nil
  versions = client.file_versions(file_id) { |metadata| response = metadata }

  puts "#{versions.size} #{versions.one? ? 'version' : 'versions'} of #{file_id}"
  versions.each do |version|
    info = version['versionInfo']
    puts "#{info['id']}  #{info['name']}  #{version['name']}"
  end
  puts "first version: #{versions.first['versionInfo']['id']}" unless versions.empty?
  puts "response: status #{response['httpStatus']}, request id #{response['requestId']}"
end

def show_error(client)
  client.file_versions(UNKNOWN_ID)
rescue ImageKit::Error => e
  puts "unknown file: #{describe(e)}"
end

if ARGV.size != 1
  warn 'usage: ruby get_file_versions.rb FILE_ID'
  exit 2
end

begin
  ImageKit::Client.open do |client|
    show_versions(client, ARGV.first)
    show_error(client)
  end
rescue ImageKit::Error => e
  abort "error: #{describe(e)}"
end
