using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>The data folder: opening, several stores on one, leftovers, versions, settings.</summary>
public sealed class FolderTests : StoreFixture
{
    [Fact]
    public async Task Open_Again_HasEverything()
    {
        await SaveAsync(1, Base.Change(1));
        await ReopenAsync();
        Assert.Equal(Base.Change(1).ToBytes(), await Store.RestoreAsync("task", 1));
    }

    [Fact]
    public async Task MoveIn_Again_KeepsWhatIsThere_AndRefusesWhatWasRemovedMeanwhile()
    {
        using var folder = Options.OpenBases();
        using var received = await folder.ReceiveAsync(ModelUpload.FromStream(new MemoryStream(Base.Change(9).ToBytes())), Stop);
        var content = received.Content;
        folder.MoveIn(received);
        folder.MoveIn(received);
        Assert.Equal(Base.Change(9).ToBytes(), await File.ReadAllBytesAsync(folder.PathOf(content.Id, "model.safetensors"), Stop));

        folder.RemoveUnfinished(_ => false);
        Assert.Equal(ErrorCode.StorageUnavailable, Assert.Throws<FishException>(() => folder.MoveIn(received)).Code);
        folder.RemoveUnfinished(_ => false);
        Assert.Empty(folder.Unfinished());
        Assert.False(Directory.Exists(Path.GetDirectoryName(folder.PathOf(content.Id, "model.safetensors"))));
    }

    [Fact]
    public async Task Open_NewerSchema_IsRefused()
    {
        await Store.DisposeAsync();
        var version = Ask("PRAGMA user_version");
        Sql("PRAGMA user_version = 99");
        var error = await Assert.ThrowsAsync<FishException>(() => SqliteCheckpointStore.OpenAsync(Options, Stop));
        Assert.Equal(ErrorCode.StoreTooNew, error.Code);
        Sql($"PRAGMA user_version = {version}");
        await ReopenAsync();
    }

    [Fact]
    public async Task Open_DatabaseOfAnotherProgram_IsRefused()
    {
        var folder = Path.Combine(Options.DataFolder, "other");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "fish.db"), new string('x', 5000), Stop);
        var error = await Assert.ThrowsAsync<FishException>(
            () => SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = folder }, Stop));
        Assert.Equal(ErrorCode.CorruptStore, error.Code);
    }

    [Fact]
    public async Task Open_FolderThatIsAFile_IsRefused()
    {
        var path = Path.Combine(Options.DataFolder, "file");
        await File.WriteAllTextAsync(path, "", Stop);
        var error = await Assert.ThrowsAsync<FishException>(
            () => SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = path }, Stop));
        Assert.Equal(ErrorCode.StorageUnavailable, error.Code);
    }

    [Fact]
    public async Task Open_OldLeftovers_AreRemovedAndYoungOnesKept()
    {
        var folder = Path.Combine(Options.DataFolder, "tmp");
        var (old, young) = (Path.Combine(folder, "old.base"), Path.Combine(folder, "young.base"));
        Directory.CreateDirectory(old);
        Directory.CreateDirectory(young);
        Directory.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));
        await ReopenAsync();
        Assert.Equal((false, true), (Directory.Exists(old), Directory.Exists(young)));
    }

    [Fact]
    public async Task AddBase_OverALeftoverOfACrash_Succeeds()
    {
        var model = Base.Change(9);
        var id = Tensors.Digest.Of(model.ToBytes());
        Directory.CreateDirectory(Path.Combine(Options.DataFolder, "bases", id.ToString()));
        await File.WriteAllTextAsync(Path.Combine(Options.DataFolder, "bases", id.ToString(), "model.safetensors"), "half", Stop);
        await Store.Bases.AddAsync("nine", ModelUpload.FromStream(new MemoryStream(model.ToBytes())), Stop);
        await using var reader = await Store.Bases.OpenAsync("nine", Stop);
        Assert.Equal(model.ToBytes(), await reader.ReadAsync());
    }

    [Fact]
    public async Task AddBase_Refused_LeavesNoFile()
    {
        await Assert.ThrowsAsync<FishException>(
            () => Store.Bases.AddAsync("bad", ModelUpload.FromStream(new MemoryStream([1, 2, 3])), Stop));
        Assert.Empty(Directory.GetFileSystemEntries(Options.TemporaryFolder));
        Assert.Single(Directory.GetDirectories(Path.Combine(Options.DataFolder, "bases")));
    }

    [Fact]
    public async Task AddBase_PastTheLimit_IsRefused()
    {
        await using var small = await SqliteCheckpointStore.OpenAsync(Options with { MaxUploadBytes = 1000 }, Stop);
        var error = await Assert.ThrowsAsync<FishException>(
            () => small.Bases.AddAsync("large", ModelUpload.FromStream(new MemoryStream(Base.Change(3).ToBytes())), Stop));
        Assert.Equal(ErrorCode.TooLarge, error.Code);
    }

    [Fact]
    public async Task Save_FromTwoStoresOnOneFolder_KeepsBoth()
    {
        await using var second = await SqliteCheckpointStore.OpenAsync(Options, Stop);
        var model = Base.Change(2);
        var path = model.Write(Path.Combine(Options.DataFolder, "..", "second"));
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async step =>
        {
            if (step % 2 == 0)
            {
                await SaveAsync(step, Base.Change(1));
            }
            else
            {
                using var file = Tensors.ModelFolder.Open(path);
                await second.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(file), null, Stop);
            }
        }));
        for (var step = 0; step < 10; step++)
        {
            Assert.Equal(Base.Change(step % 2 == 0 ? 1 : 2).ToBytes(), await Store.RestoreAsync("task", step));
        }
    }

    [Theory]
    [InlineData(Compression.Stored)]
    [InlineData(Compression.Lz4)]
    [InlineData(Compression.Zstd)]
    [InlineData(Compression.Brotli)]
    public async Task Save_WithAnyCompression_ReadsWithAnyOther(Compression compression)
    {
        await using (var writer = await SqliteCheckpointStore.OpenAsync(
            Options with { Codec = new CodecOptions(compression, compression, 3) }, Stop))
        {
            using var file = Tensors.ModelFolder.Open(Base.Change(1).Write(Path.Combine(Options.DataFolder, "..", "model")));
            await writer.Checkpoints.SaveAsync("task", 1, new CheckpointContent.Full(file), null, Stop);
        }

        Assert.Equal(Base.Change(1).ToBytes(), await Store.RestoreAsync("task", 1));
    }

    [Fact]
    public async Task Open_Database_IsInWalModeAndSyncsFully()
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        await connection.OpenAsync(Stop);
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", await command.ExecuteScalarAsync(Stop));
        using var database = Sqlite.Database.Open(Path.Combine(Options.DataFolder));
        using var snapshot = database.OpenSnapshot();
        Assert.Equal(2, snapshot.Connection.Scalar<long>("PRAGMA synchronous"));
    }
}
