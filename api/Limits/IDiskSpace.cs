namespace FishCheckpoint.Api.Limits;

/// <summary>The free space of a disk; tests replace it.</summary>
internal interface IDiskSpace
{
    /// <summary>Bytes that this user may still write to a folder's file system.</summary>
    long FreeBytes(string folder);
}

/// <summary>The real disk.</summary>
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
            // Unknown; writing then finds a full disk.
            return long.MaxValue;
        }
    }
}
