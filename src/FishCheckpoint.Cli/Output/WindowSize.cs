using System.Runtime.InteropServices;

namespace FishCheckpoint.Cli.Output;

/// <summary>Asks the terminal how wide it is. The framework's own question may write escape codes to the terminal first.</summary>
internal static partial class WindowSize
{
    private const nuint LinuxRequest = 0x5413;
    private const nuint MacRequest = 0x40087468;

    /// <summary>Columns of the terminal that a stream is; <see langword="null"/> where there is none, or it does not say.</summary>
    /// <param name="descriptors">The streams to ask, in turn: 1 is standard output, 2 standard error.</param>
    public static int? Columns(params ReadOnlySpan<int> descriptors)
    {
        if (OperatingSystem.IsWindows())
        {
            return Console.IsOutputRedirected ? null : Console.WindowWidth;
        }

        foreach (var descriptor in descriptors)
        {
            if (Ask(descriptor, OperatingSystem.IsMacOS() ? MacRequest : LinuxRequest, out var size) == 0 && size.Columns > 0)
            {
                return size.Columns;
            }
        }

        return null;
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Ask(int descriptor, nuint request, out Size size);

    [StructLayout(LayoutKind.Sequential)]
    private struct Size
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }
}
