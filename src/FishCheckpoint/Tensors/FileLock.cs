namespace FishCheckpoint.Tensors;

/// <summary>Locked files: those that are open with <see cref="FileShare.None"/>.</summary>
internal static class FileLock
{
    private const int WouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    /// <summary>
    /// Whether an error means that another holder has locked the file. The error alone shows it: the holder may have ended since, and
    /// removed the file.
    /// </summary>
    public static bool IsTaken(Exception error) => error is IOException && error.HResult
        == (OperatingSystem.IsWindows() ? SharingViolation : OperatingSystem.IsMacOS() ? MacWouldBlock : WouldBlock);
}
