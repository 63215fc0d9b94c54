# frozen_string_literal: true

# Where the library is not found, the error says what to do.

ENV['IMAGEKIT_LIBRARY'] = '/nowhere/libimagekit.so'
begin
  require_relative '../../../examples/ruby/imagekit'
rescue LoadError, StandardError => e
  puts 'kept' if e.message.match?(%r{/nowhere/libimagekit\.so.*set IMAGEKIT_LIBRARY})
end
