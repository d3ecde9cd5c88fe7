namespace FishCheckpoint.Api.Limits;

/// <summary>How much room a disk has: a seam for tests.</summary>
internal interface IDiskSpace
{
    /// <summary>Bytes that this user may still write on the file system of a folder.</summary>
    long FreeBytes(string folder);
}

/// <summary>The disk itself.</summary>
internal sealed class SystemDisk : IDiskSpace
{
    public long FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It cannot be told; a full disk is then found by writing to it.
            return long.MaxValue;
        }
    }
}
