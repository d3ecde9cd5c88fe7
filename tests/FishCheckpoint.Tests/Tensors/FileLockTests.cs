using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class FileLockTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void IsTaken_FileThatIsLocked_IsTrue_AlsoOnceItsHolderHasRemovedIt()
    {
        IOException error;
        using (Lock("lock"))
        {
            error = Assert.Throws<IOException>(() => Lock("lock"));
        }

        File.Delete(folder["lock"]);
        Assert.True(FileLock.IsTaken(error));
    }

    [Fact]
    public void IsTaken_OtherErrors_IsFalse()
    {
        Assert.False(FileLock.IsTaken(Assert.Throws<DirectoryNotFoundException>(() => Lock("missing/lock"))));
        Directory.CreateDirectory(folder["directory"]);
        Assert.False(FileLock.IsTaken(Assert.Throws<UnauthorizedAccessException>(() => Lock("directory"))));
        Assert.False(FileLock.IsTaken(Assert.Throws<IOException>(() => FullDisk.RequireRoom(folder.Path, long.MaxValue))));
    }

    private FileStream Lock(string name) => new(folder[name], FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
}
