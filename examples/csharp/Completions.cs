using System;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace ImageKit
{
    /// <summary>How a call ended.</summary>
    sealed class Completion
    {
        internal int Status;
        internal string Json;
    }

    /// <summary>
    /// Calls that run in the background. A thread of .NET's own takes them out of a queue of the library's
    /// as they end.
    /// </summary>
    /// <remarks>
    /// ik_call_start() would call back on a thread of the library's, which blocks signals: Mono, which stops
    /// threads by signals, would wait for it for ever.
    /// </remarks>
    static class Completions
    {
        static readonly IntPtr Queue = Open();

        static IntPtr Open()
        {
            ImageKitException.ThrowIfRefused(NativeMethods.ik_queue_new(out var queue));
            // In the background, so that it does not keep the program alive; and Mono's end waits for it.
            new Thread(() => Take(queue)) { IsBackground = true, Name = "ImageKit" }.Start();
            AppDomain.CurrentDomain.ProcessExit += (sender, arguments) => NativeMethods.ik_queue_free(queue);
            return queue;
        }

        /// <summary>Sends a call. Its completion comes in any case, after a cancellation too.</summary>
        internal static Task<Completion> StartAsync(CallHandle call)
        {
            // What waits for the task must not run on the one thread that takes completions.
            var source = new TaskCompletionSource<Completion>(TaskCreationOptions.RunContinuationsAsynchronously);
            var ticket = GCHandle.Alloc(source);

            var status = NativeMethods.ik_queue_start(Queue, call, GCHandle.ToIntPtr(ticket));
            if (status != NativeMethods.Ok)
            {
                ticket.Free();
                ImageKitException.ThrowIfRefused(status);
            }
            return source.Task;
        }

        static void Take(IntPtr queue)
        {
            while (NativeMethods.ik_queue_next(
                queue, ulong.MaxValue, out var status, out var userData, out var json) == NativeMethods.Ok)
            {
                var ticket = GCHandle.FromIntPtr(userData);
                var source = (TaskCompletionSource<Completion>)ticket.Target;
                ticket.Free();
                try
                {
                    source.SetResult(new Completion { Status = status, Json = Utf8.Take(json) });
                }
                catch (Exception error) // would end the process
                {
                    source.TrySetException(error);
                }
            }
        }
    }
}
