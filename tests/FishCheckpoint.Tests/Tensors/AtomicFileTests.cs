using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Commit_NewFile_AppearsWhole()
    {
        using (var file = AtomicFile.Create(folder["f"]))
        {
            file.Stream.Write("content"u8);
            Assert.False(File.Exists(folder["f"]));
            file.Commit();
            Assert.Equal("content", File.ReadAllText(folder["f"]));
        }

        Assert.Equal(["f"], folder.Names);
    }

    [Fact]
    public void Dispose_WithoutCommit_LeavesNothing()
    {
        using (var file = AtomicFile.Create(folder["f"]))
        {
            file.Stream.Write("content"u8);
        }

        Assert.Empty(folder.Names);
    }

    [Fact]
    public void Dispose_WithoutCommit_LeavesTheOldFileAlone()
    {
        File.WriteAllText(folder["f"], "old");
        using (var file = AtomicFile.Create(folder["f"]))
        {
            file.Stream.Write("new"u8);
        }

        Assert.Equal("old", File.ReadAllText(folder["f"]));
        Assert.Equal(["f"], folder.Names);
    }

    [Fact]
    public void Commit_ExistingFile_ReplacesIt()
    {
        File.WriteAllText(folder["f"], "old");
        using (var file = AtomicFile.Create(folder["f"]))
        {
            file.Stream.Write("new"u8);
            file.Commit();
        }

        Assert.Equal("new", File.ReadAllText(folder["f"]));
        Assert.Equal(["f"], folder.Names);
    }

    [Fact]
    public void Commit_PlaceTakenByAFolder_ThrowsAndLeavesNothing()
    {
        Directory.CreateDirectory(folder["f"]);
        using (var file = AtomicFile.Create(folder["f"]))
        {
            Assert.ThrowsAny<Exception>(file.Commit);
        }

        Assert.Empty(folder.Names);
    }

    [Fact]
    public void Create_TwoForOnePlace_DoNotMeet()
    {
        using var first = AtomicFile.Create(folder["f"]);
        using var second = AtomicFile.Create(folder["f"]);
        first.Stream.Write("1"u8);
        second.Stream.Write("2"u8);
        second.Commit();
        first.Commit();

        Assert.Equal("1", File.ReadAllText(folder["f"]));
        Assert.Equal(["f"], folder.Names);
    }

    [Fact]
    public void SyncFolder_MissingFolder_ThrowsIOException() => Assert.Throws<IOException>(() => AtomicFile.SyncFolder(folder["missing"]));
}
