namespace FishCheckpoint.Tensors;

/// <summary>Distinguishes a full disk from other disk errors.</summary>
internal static class FullDisk
{
    private const int NoSpace = 28;
    private const int QuotaExceededLinux = 122;
    private const int QuotaExceededMac = 69;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>Whether an error means that the disk is full.</summary>
    public static bool Is(IOException error) => OperatingSystem.IsWindows()
        ? error.HResult is WindowsDiskFull or WindowsHandleDiskFull
        : error.HResult is NoSpace || error.HResult == (OperatingSystem.IsMacOS() ? QuotaExceededMac : QuotaExceededLinux);

    /// <summary>Throws if the disk has too little room for a write.</summary>
    /// <param name="folder">A folder on the disk.</param>
    /// <param name="bytes">The bytes to write.</param>
    /// <exception cref="IOException">The disk has less room; <see cref="Is"/> returns <see langword="true"/> for this error.</exception>
    public static void RequireRoom(string folder, long bytes)
    {
        if (Free(folder) is var free && free < bytes)
        {
            throw new IOException($"{bytes} bytes are needed, and {free} are free.", OperatingSystem.IsWindows() ? WindowsDiskFull
                : NoSpace);
        }
    }

    // If the system cannot report free space, a write will detect a full disk.
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
