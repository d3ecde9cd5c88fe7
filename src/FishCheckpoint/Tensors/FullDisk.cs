namespace FishCheckpoint.Tensors;

/// <summary>Tells a disk without room from other errors of a disk.</summary>
internal static class FullDisk
{
    private const int NoSpace = 28;
    private const int QuotaExceededLinux = 122;
    private const int QuotaExceededMac = 69;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>Whether an error says that there is no room.</summary>
    public static bool Is(IOException error) => OperatingSystem.IsWindows()
        ? error.HResult is WindowsDiskFull or WindowsHandleDiskFull
        : error.HResult is NoSpace || error.HResult == (OperatingSystem.IsMacOS() ? QuotaExceededMac : QuotaExceededLinux);

    /// <summary>Refuses to begin what the disk has no room for.</summary>
    /// <param name="folder">A folder on it.</param>
    /// <param name="bytes">Bytes to be written.</param>
    /// <exception cref="IOException">There is less room: an error that <see cref="Is"/> one of a full disk.</exception>
    public static void RequireRoom(string folder, long bytes)
    {
        if (Free(folder) is var free && free < bytes)
        {
            throw new IOException($"{bytes} bytes are needed, and {free} are free.", OperatingSystem.IsWindows() ? WindowsDiskFull
                : NoSpace);
        }
    }

    // Where it cannot be told, a full disk is found by writing to it.
    private static long Free(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return long.MaxValue;
        }
    }
}
