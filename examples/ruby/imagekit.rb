# frozen_string_literal: true

require 'fiddle/import'
require 'json'

# ImageKit's media API through libimagekit. Needs the standard library alone.
#
#   ImageKit::Client.open do |client|
#     client.file_versions('66a100000000000000000001').each { |version| puts version['name'] }
#   end
#
# Nothing has to be shut down when Ruby exits: no Ruby code runs on the library's threads, and Ruby
# ends its own, whose calls are cancelled then.
module ImageKit
  # Why a call failed.
  class Error < StandardError
    # @return [String] such as "not_found"
    attr_reader :code

    # @return [Integer] the same as a number: an IK_STATUS_...
    attr_reader :status

    # @return [Integer, nil] the HTTP status, if there was an answer
    attr_reader :http_status

    # @return [String, nil] what ImageKit's support asks for
    attr_reader :request_id

    def initialize(status, document)
      error = document ? JSON.parse(document).fetch('error') : {}
      @status = status
      @code = error.fetch('code') { Native.ik_status_name(status).to_s }
      @http_status = error['httpStatus']
      @request_id = error['requestId']
      super(error.fetch('message', @code))
    end
  end

  # The functions of the library. Fiddle lets other threads run while one of them waits. It must never
  # be given a closure that the library would call on a thread of its own, which ends the process: a
  # call is started without a callback, and waited for.
  module Native
    extend Fiddle::Importer

    def self.load
      library = ENV.fetch('IMAGEKIT_LIBRARY', '')
      dlload library.empty? ? 'libimagekit.so.0.1' : library
    rescue Fiddle::DLError => e
      raise e, "#{e.message}: set IMAGEKIT_LIBRARY to the library's path"
    end
    private_class_method :load

    load
    typealias 'ik_status', 'int'
    <<~DECLARATIONS.each_line(';', chomp: true) { |line| extern line.split.join(' ') unless line.strip.empty? }
      char *ik_status_name(ik_status status);
      void ik_string_free(char *string);
      void *ik_config_new(void);
      void ik_config_free(void *config);
      ik_status ik_config_set_private_key(void *config, char *private_key);
      ik_status ik_config_set_base_url(void *config, char *base_url);
      ik_status ik_config_set_timeout_ms(void *config, uint64_t timeout_ms);
      ik_status ik_client_new(void *config, void **out_client, char **out_error);
      void ik_client_free(void *client);
      ik_status ik_get_file_versions(void *client, char *file_id, char **out_json);
      ik_status ik_get_file_versions_call(void *client, char *file_id, void **out_call);
      ik_status ik_get_file_version_details(void *client, char *file_id, char *version_id, char **out_json);
      ik_status ik_get_file_version_details_call(void *client, char *file_id, char *version_id, void **out_call);
      ik_status ik_restore_file_version(void *client, char *file_id, char *version_id, char **out_json);
      ik_status ik_restore_file_version_call(void *client, char *file_id, char *version_id, void **out_call);
      ik_status ik_delete_file_version(void *client, char *file_id, char *version_id, char **out_json);
      ik_status ik_delete_file_version_call(void *client, char *file_id, char *version_id, void **out_call);
      ik_status ik_request(void *client, char *method, char *path, char *body_json, char **out_json);
      ik_status ik_request_call(void *client, char *method, char *path, char *body_json, void **out_call);
      ik_status ik_call_start(void *call, void *on_done, void *user_data);
      ik_status ik_call_wait(void *call, uint64_t timeout_ms, char **out_json);
      ik_status ik_call_get_metadata(void *call, char **out_json);
      void ik_call_free(void *call);
    DECLARATIONS

    # Text as C has it. Fiddle takes an Integer for an address, and C the first NUL for the end.
    def self.c_string(text)
      return if text.nil?
      raise TypeError, "no implicit conversion of #{text.class} into String" unless text.respond_to?(:to_str)

      text = utf8(text.to_str)
      raise ArgumentError, 'string contains null byte' if text.include?("\0")

      "#{text}\0"
    end

    # Bytes whose encoding Ruby does not know, as of arguments in the C locale, go as they are: the
    # library checks that they are UTF-8.
    def self.utf8(text)
      text.encode(Encoding::UTF_8)
    rescue EncodingError
      text.b
    end
    private_class_method :utf8

    # Yields room for the address that an out parameter gives.
    #
    # @return [Array(Object, Fiddle::Pointer)] what the block returned, and the address
    def self.out
      Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE) do |room|
        room[0, Fiddle::SIZEOF_VOIDP] = [0].pack('J')
        [yield(room), room.ptr]
      end
    end

    # The same for a string, which is copied and freed.
    def self.out_string(&block)
      status, string = out(&block)
      text = string.to_s.force_encoding(Encoding::UTF_8) unless string.null?
      [status, text]
    ensure
      ik_string_free(string)
    end

    # @return [String] what the block got
    # @raise [Error] if it got an error document instead
    def self.out_json(&block)
      status, text = out_string(&block)
      raise Error.new(status, text) unless status.zero?

      text
    end

    # A finalizer must not know its object, or it would keep it alive.
    def self.finalizer(client)
      proc { ik_client_free(client) }
    end
  end

  # A client of ImageKit's API. One serves all threads, and children that are forked later.
  #
  # Each operation returns the server's JSON as Ruby objects, and yields what else is known of its
  # response, such as "httpStatus" and "requestId", if there is a block. It keeps no other thread
  # waiting, and Ctrl-C, Timeout.timeout and Thread#kill cancel it.
  class Client
    SETTINGS = { private_key: :text, base_url: :text, timeout_ms: :number }.freeze
    STATUS_PENDING = 5
    STATUS_INVALID_RESPONSE = 25
    WAIT_MS = 100
    private_constant :SETTINGS, :STATUS_PENDING, :STATUS_INVALID_RESPONSE, :WAIT_MS

    # A client that is closed at the end of the block, or one to be closed by you if there is none.
    def self.open(**settings)
      client = new(**settings)
      return client unless block_given?

      begin
        yield client
      ensure
        client.close
      end
    end

    # @param settings [Hash] private_key, base_url, timeout_ms; what is not given comes from the
    #   environment (IMAGEKIT_PRIVATE_KEY, IMAGE_KIT_BASE_URL) or is the library's default
    def initialize(**settings)
      @handle = make_handle(settings)
      # For clients that nobody closes. It may run in any thread and after #close, which does no harm:
      # the library knows a handle that was freed, and frees no other in its place.
      ObjectSpace.define_finalizer(self, Native.finalizer(@handle))
    end

    # Frees the client. Calls that run in other threads finish; later ones fail with "invalid_handle".
    def close
      Native.ik_client_free(@handle)
    end

    def file_versions(file_id, &block)
      perform(:get_file_versions, file_id, &block)
    end

    def file_version(file_id, version_id, &block)
      perform(:get_file_version_details, file_id, version_id, &block)
    end

    def restore_file_version(file_id, version_id, &block)
      perform(:restore_file_version, file_id, version_id, &block)
    end

    def delete_file_version(file_id, version_id, &block)
      perform(:delete_file_version, file_id, version_id, &block)
    end

    # Any other request, such as request('GET', '/v1/files?limit=10').
    def request(method, path, body = nil, &block)
      perform(:request, method, path, body && JSON.generate(body), &block)
    end

    private

    def make_handle(settings)
      config = Native.ik_config_new
      configure(config, settings)
      _, handle = Native.out do |client|
        Native.out_json { |error| Native.ik_client_new(config, client, error) }
      end
      handle
    ensure
      Native.ik_config_free(config)
    end

    # The statuses can be left alone: a config that it refused a value makes no client, and the error
    # says which value it was.
    def configure(config, settings)
      settings.each do |name, value|
        kind = SETTINGS.fetch(name) { raise ArgumentError, "unknown setting: #{name}" }
        value = kind == :text ? Native.c_string(value) : Integer(value)
        Native.public_send("ik_config_set_#{name}", config, value)
      end
    end

    def perform(operation, *arguments)
      arguments = arguments.map { |text| Native.c_string(text) }
      answer, metadata = Thread.handle_interrupt(Object => :never) { carry_out(operation, arguments) }
      yield JSON.parse(metadata) if block_given?
      parsed(answer)
    end

    # What ImageKit sent is JSON; the little that Ruby does not take of it, half surrogates, is its fault.
    def parsed(answer)
      JSON.parse(answer, max_nesting: 256)
    rescue JSON::ParserError => e
      raise Error.new(STATUS_INVALID_RESPONSE, JSON.generate(error: { message: e.message.scrub }))
    end

    # Describes a call, sends it and waits. Interrupts get in between two waits alone, so that nothing
    # is left unfreed.
    def carry_out(operation, arguments)
      status, call = Native.out do |out|
        Native.public_send("ik_#{operation}_call", @handle, *arguments, out)
      end
      # What refuses to describe a call has no error document; the plain function tells why.
      return [plainly(operation, arguments), 'null'] unless status.zero?

      [start_and_wait(call), Native.out_json { |json| Native.ik_call_get_metadata(call, json) }]
    ensure
      Native.ik_call_free(call)
    end

    def plainly(operation, arguments)
      Native.out_json { |json| Native.public_send("ik_#{operation}", @handle, *arguments, json) }
    end

    # Fiddle cannot be interrupted while a function waits, so none waits for long.
    def start_and_wait(call)
      status = Native.ik_call_start(call, nil, nil)
      raise Error.new(status, nil) unless status.zero?

      loop do
        status, text = Native.out_string { |json| Native.ik_call_wait(call, WAIT_MS, json) }
        return text if status.zero?
        raise Error.new(status, text) unless status == STATUS_PENDING

        Thread.handle_interrupt(Object => :immediate) { Thread.pass }
      end
    end
  end
end
