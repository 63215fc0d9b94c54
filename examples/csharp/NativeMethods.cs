using System;
using System.Runtime.InteropServices;
using System.Text;

namespace ImageKit
{
    /// <summary>The functions of imagekit.h. Others are bound in the same way.</summary>
    static class NativeMethods
    {
        internal const int Ok = 0;
        internal const int InvalidArgument = 1;
        internal const int NoValue = 6;
        internal const int Cancelled = 21;

#if NETCOREAPP
        const string Library = "imagekit";

        /// <summary>IMAGEKIT_LIBRARY is a path; without it the system's loader looks.</summary>
        static NativeMethods()
        {
            NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, (name, assembly, searchPath) =>
            {
                var path = Environment.GetEnvironmentVariable("IMAGEKIT_LIBRARY");
                if (name != Library)
                {
                    return IntPtr.Zero; // as if this resolver were not there
                }
                if (!string.IsNullOrEmpty(path))
                {
                    return NativeLibrary.Load(path);
                }
                NativeLibrary.TryLoad("libimagekit.so.0.1", assembly, searchPath, out var library);
                return library;
            });
        }
#else
        const string Library = "libimagekit.so.0.1"; // Mono on Linux: found by the system's loader alone
#endif

        [DllImport(Library)]
        internal static extern IntPtr ik_status_name(int status);

        [DllImport(Library)]
        internal static extern void ik_string_free(IntPtr text);

        [DllImport(Library)]
        internal static extern int ik_client_new(IntPtr config, out ClientHandle client, out IntPtr error);

        [DllImport(Library)]
        internal static extern void ik_client_free(IntPtr client);

        [DllImport(Library)]
        internal static extern int ik_get_file_versions_call(
            ClientHandle client, byte[] fileId, out CallHandle call);

        [DllImport(Library)]
        internal static extern int ik_get_file_version_details_call(
            ClientHandle client, byte[] fileId, byte[] versionId, out CallHandle call);

        [DllImport(Library)]
        internal static extern int ik_restore_file_version_call(
            ClientHandle client, byte[] fileId, byte[] versionId, out CallHandle call);

        [DllImport(Library)]
        internal static extern int ik_delete_file_version_call(
            ClientHandle client, byte[] fileId, byte[] versionId, out CallHandle call);

        [DllImport(Library)]
        internal static extern int ik_request_call(
            ClientHandle client, byte[] method, byte[] path, byte[] body, out CallHandle call);

        [DllImport(Library)]
        internal static extern int ik_queue_new(out IntPtr queue);

        [DllImport(Library)]
        internal static extern int ik_queue_start(IntPtr queue, CallHandle call, IntPtr userData);

        [DllImport(Library)]
        internal static extern int ik_queue_next(
            IntPtr queue, ulong timeoutMs, out int status, out IntPtr userData, out IntPtr json);

        [DllImport(Library)]
        internal static extern void ik_queue_free(IntPtr queue);

        [DllImport(Library)]
        internal static extern int ik_call_cancel(CallHandle call);

        [DllImport(Library)]
        internal static extern int ik_call_get_metadata(CallHandle call, out IntPtr json);

        [DllImport(Library)]
        internal static extern void ik_call_free(IntPtr call);

        [DllImport(Library)]
        internal static extern int ik_json_get(byte[] json, byte[] pointer, out IntPtr value);
    }

    sealed class ClientHandle : SafeHandle
    {
        public ClientHandle() : base(IntPtr.Zero, true) { }

        public override bool IsInvalid => handle == IntPtr.Zero;

        protected override bool ReleaseHandle()
        {
            NativeMethods.ik_client_free(handle);
            return true;
        }
    }

    /// <summary>To free a call that still runs cancels it.</summary>
    sealed class CallHandle : SafeHandle
    {
        public CallHandle() : base(IntPtr.Zero, true) { }

        public override bool IsInvalid => handle == IntPtr.Zero;

        protected override bool ReleaseHandle()
        {
            NativeMethods.ik_call_free(handle);
            return true;
        }
    }

    /// <summary>Texts on their way to C and back.</summary>
    static class Utf8
    {
        static readonly UTF8Encoding Strict = new UTF8Encoding(false, true);

        /// <summary>UTF-8 with a NUL at its end. C would take what is before an inner one for the whole.</summary>
        internal static byte[] Bytes(string text)
        {
            if (text == null)
            {
                return null;
            }
            if (text.IndexOf('\0') >= 0)
            {
                throw ImageKitException.InvalidArgument("a text holds a NUL");
            }
            try
            {
                return Strict.GetBytes(text + '\0');
            }
            catch (EncoderFallbackException) // half of a surrogate pair
            {
                throw ImageKitException.InvalidArgument("a text is no Unicode");
            }
        }

        /// <summary>Copies a text of the library's and frees it.</summary>
        internal static string Take(IntPtr text)
        {
            try
            {
                return Copy(text);
            }
            finally
            {
                NativeMethods.ik_string_free(text);
            }
        }

        internal static string Copy(IntPtr text)
        {
            if (text == IntPtr.Zero)
            {
                return null;
            }
            var length = 0;
            while (Marshal.ReadByte(text, length) != 0)
            {
                length++;
            }
            var bytes = new byte[length];
            Marshal.Copy(text, bytes, 0, length);
            return Strict.GetString(bytes);
        }
    }
}
