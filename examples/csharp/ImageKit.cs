using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

// ImageKit's media API, by way of libimagekit. NativeMethods.cs binds its functions.
namespace ImageKit
{
    /// <summary>One client serves all threads.</summary>
    public sealed class ImageKitClient : IDisposable
    {
        readonly ClientHandle handle;

        /// <summary>
        /// Makes a client with the settings of the environment; the key is IMAGEKIT_PRIVATE_KEY.
        /// </summary>
        public ImageKitClient()
        {
            var status = NativeMethods.ik_client_new(IntPtr.Zero, out handle, out var problem);
            ImageKitException.ThrowUnlessOk(status, Utf8.Take(problem));
        }

        /// <summary>Frees the client. Calls that run go on.</summary>
        public void Dispose() => handle.Dispose();

        /// <summary>The versions of a file, the current one first: an array.</summary>
        public Task<Answer> GetFileVersionsAsync(
            string fileId, CancellationToken cancellation = default(CancellationToken)) =>
            SendAsync((out CallHandle call) => NativeMethods.ik_get_file_versions_call(
                handle, Utf8.Bytes(fileId), out call), cancellation);

        /// <summary>One version of a file.</summary>
        public Task<Answer> GetFileVersionDetailsAsync(
            string fileId, string versionId, CancellationToken cancellation = default(CancellationToken)) =>
            SendAsync((out CallHandle call) => NativeMethods.ik_get_file_version_details_call(
                handle, Utf8.Bytes(fileId), Utf8.Bytes(versionId), out call), cancellation);

        /// <summary>Makes an older version of a file the current one, and gives it.</summary>
        public Task<Answer> RestoreFileVersionAsync(
            string fileId, string versionId, CancellationToken cancellation = default(CancellationToken)) =>
            SendAsync((out CallHandle call) => NativeMethods.ik_restore_file_version_call(
                handle, Utf8.Bytes(fileId), Utf8.Bytes(versionId), out call), cancellation);

        /// <summary>Deletes a version of a file that is not the current one.</summary>
        public Task<Answer> DeleteFileVersionAsync(
            string fileId, string versionId, CancellationToken cancellation = default(CancellationToken)) =>
            SendAsync((out CallHandle call) => NativeMethods.ik_delete_file_version_call(
                handle, Utf8.Bytes(fileId), Utf8.Bytes(versionId), out call), cancellation);

        /// <summary>Any other request.</summary>
        /// <param name="method">GET, POST, PUT, PATCH or DELETE.</param>
        /// <param name="path">Encoded, with its query, such as "/v1/files?limit=10".</param>
        /// <param name="body">JSON, or null for none.</param>
        /// <param name="cancellation">Cancels the call.</param>
        public Task<Answer> RequestAsync(
            string method, string path, string body = null,
            CancellationToken cancellation = default(CancellationToken)) =>
            SendAsync((out CallHandle call) => NativeMethods.ik_request_call(
                handle, Utf8.Bytes(method), Utf8.Bytes(path), Utf8.Bytes(body), out call), cancellation);

        delegate int Describe(out CallHandle call);

        async Task<Answer> SendAsync(Describe describe, CancellationToken cancellation)
        {
            using (var call = Described(describe))
            using (cancellation.Register(() => NativeMethods.ik_call_cancel(call)))
            {
                try
                {
                    return ToAnswer(call, await Completions.StartAsync(call).ConfigureAwait(false));
                }
                catch (ImageKitException error) when (
                    error.Status == NativeMethods.Cancelled && cancellation.IsCancellationRequested)
                {
                    throw new OperationCanceledException(cancellation);
                }
            }
        }

        CallHandle Described(Describe describe)
        {
            if (handle.IsClosed)
            {
                throw new ObjectDisposedException(nameof(ImageKitClient));
            }
            ImageKitException.ThrowIfRefused(describe(out var call));
            return call;
        }

        static Answer ToAnswer(CallHandle call, Completion ended)
        {
            ImageKitException.ThrowUnlessOk(ended.Status, ended.Json);
            var status = NativeMethods.ik_call_get_metadata(call, out var json);
            var metadata = Utf8.Take(json);
            ImageKitException.ThrowUnlessOk(status, metadata);
            return new Answer(new Json(ended.Json), new Json(metadata));
        }
    }

    /// <summary>What came of a call that succeeded.</summary>
    public sealed class Answer
    {
        internal Answer(Json body, Json metadata)
        {
            Body = body;
            Metadata = metadata;
        }

        /// <summary>The server's own JSON.</summary>
        public Json Body { get; }

        /// <summary>httpStatus, requestId, headers and more: see ik_call_get_metadata() in imagekit.h.</summary>
        public Json Metadata { get; }
    }

    /// <summary>
    /// A JSON document, of which the library reads single values. For more than a few give Text to the
    /// parser that you use, such as System.Text.Json.
    /// </summary>
    public sealed class Json
    {
        public Json(string text)
        {
            Text = text;
        }

        /// <summary>The document, as it came.</summary>
        public string Text { get; }

        /// <summary>One value: a string as its text, anything else as JSON, or null.</summary>
        /// <param name="pointer">Where it is, as RFC 6901 has it: "/0/versionInfo/id".</param>
        public string this[string pointer]
        {
            get
            {
                var status = NativeMethods.ik_json_get(Utf8.Bytes(Text), Utf8.Bytes(pointer), out var value);
                var read = Utf8.Take(value);
                if (status == NativeMethods.NoValue)
                {
                    return null;
                }
                ImageKitException.ThrowUnlessOk(status, read);
                return read;
            }
        }

        /// <summary>The elements of an array, up to the first that is null.</summary>
        public IEnumerable<Json> Elements()
        {
            for (var index = 0; this["/" + index] is string element; index++)
            {
                yield return new Json(element);
            }
        }

        public override string ToString() => Text;
    }

    /// <summary>Why a call did not succeed.</summary>
    public sealed class ImageKitException : Exception
    {
        ImageKitException(int status, string reason, int? httpStatus = null, string requestId = null)
            : base(NameOf(status) + (httpStatus == null ? "" : $" (HTTP {httpStatus})") + ": " + reason)
        {
            Status = status;
            Reason = reason;
            HttpStatus = httpStatus;
            RequestId = requestId;
        }

        /// <summary>The status's name, such as "not_found".</summary>
        public string Code => NameOf(Status);

        /// <summary>The status's number.</summary>
        public int Status { get; }

        /// <summary>That of the last answer; null where there was none.</summary>
        public int? HttpStatus { get; }

        /// <summary>What ImageKit's support asks for; null where there is none.</summary>
        public string RequestId { get; }

        /// <summary>The message alone, the server's own where it sent one.</summary>
        public string Reason { get; }

        /// <summary>Throws what an error document says, unless the status is a success.</summary>
        internal static void ThrowUnlessOk(int status, string document)
        {
            if (document == null)
            {
                ThrowIfRefused(status);
            }
            if (status == NativeMethods.Ok)
            {
                return;
            }
            var error = new Json(document);
            var httpStatus = error["/error/httpStatus"];
            throw new ImageKitException(
                status,
                error["/error/message"],
                httpStatus == null ? (int?)null : int.Parse(httpStatus),
                error["/error/requestId"]);
        }

        /// <summary>Where the library gives a status alone, and nothing was sent.</summary>
        internal static void ThrowIfRefused(int status)
        {
            switch (status)
            {
                case NativeMethods.Ok:
                    return;
                case NativeMethods.InvalidArgument:
                    throw InvalidArgument("an argument cannot be sent; IMAGE_KIT_LOG=warn shows which");
                default:
                    throw new ImageKitException(status, "nothing was sent; IMAGE_KIT_LOG=warn may show why");
            }
        }

        internal static ImageKitException InvalidArgument(string reason) =>
            new ImageKitException(NativeMethods.InvalidArgument, reason);

        static string NameOf(int status) => Utf8.Copy(NativeMethods.ik_status_name(status));
    }
}
