using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Repairs;
using Microsoft.Data.Sqlite;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A damaged page costs at most what it holds: one that only says where others are costs nothing.</summary>
public sealed class RepairPageTests : RepairTest
{
    private const int PageSize = 16384;

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("the first page")]
    [InlineData("another page of the schema")]
    [InlineData("pointers")]
    [InlineData("inner page of pieces")]
    public async Task Repair_FlippedBitOfAPageWithoutRows_LosesNothing(string what)
    {
        await PrepareAsync();
        var store = (byte[])Read("SELECT id FROM store")!;
        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        var root = (int)Ask("SELECT rootpage FROM sqlite_schema WHERE name = 'pieces'");
        await Store.DisposeAsync();
        var page = what switch { "the first page" => 1, "pointers" => 2, "inner page of pieces" => root, _ => await SchemaLeafAsync() };
        FlipFile(DatabasePath, ((page - 1) * PageSize) + 5000);
        var report = await StoreRepair.RunAsync(Repair, Stop);
        Assert.Empty(report.Quarantined);
        await AssertHoldsAsync([]);
        using (var repaired = new SqliteConnection($"Data Source={Path.Combine(Target, "fish.db")};Pooling=False"))
        {
            repaired.Open();
            using var command = repaired.CreateCommand();
            command.CommandText = "SELECT id FROM store";
            Assert.Equal(store, (byte[])command.ExecuteScalar()!);
        }

        await ReopenNothingAsync();
    }

    [Fact]
    public async Task Repair_LostRowsOfBases_AreMadeFromTheirFiles()
    {
        await PrepareAsync();
        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        var root = (int)Ask("SELECT rootpage FROM sqlite_schema WHERE name = 'bases'");
        await Store.DisposeAsync();
        FlipFile(DatabasePath, ((root - 1) * PageSize) + 5000);
        var report = await StoreRepair.RunAsync(Repair, Stop);
        Assert.Equal(["database: table bases"], report.Quarantined.Select(item => item.Key));
        Assert.All(report.Rebuilt, line => Assert.StartsWith("The row of base ", line, StringComparison.Ordinal));
        await AssertHoldsAsync([]);
        await ReopenNothingAsync();
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Repair_WithoutSchemaAfterDeletions_BringsNothingBack()
    {
        await PrepareAsync();
        await Store.DisposeAsync();
        await ReopenAsync(Options with { DeletionGrace = TimeSpan.Zero });
        await Store.Checkpoints.DeleteAsync("task", FishCheckpoint.Checkpoints.StepRef.At(30), Stop);
        Models.Remove(("task", 30));
        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        await Store.DisposeAsync();
        FlipFile(DatabasePath, 5000);
        var report = await StoreRepair.RunAsync(Repair, Stop);
        Assert.Empty(report.Quarantined);
        await AssertHoldsAsync([]);
        await ReopenNothingAsync();
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public async Task Repair_DamagedSchemaOfAnEarlierStore_LosesNothing(int schema)
    {
        await PrepareAsync();
        await Store.DisposeAsync();
        OldStore.Rewrite(DatabasePath, schema);
        await EmptyPageAsync(1);
        await RefusedAsync(ErrorCode.CorruptStore, () => SqliteCheckpointStore.OpenAsync(Options, Stop));
        var report = await StoreRepair.RunAsync(Repair, Stop);
        Assert.Empty(report.Quarantined);
        await AssertHoldsAsync([]);
        await ReopenNothingAsync();
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Repair_DamagedSchemaOfAVacuumedStore_LosesNothing(bool isFirst)
    {
        await PrepareAsync();
        Sql("VACUUM");
        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        Assert.Empty((await Store.Maintenance.VerifyAsync(null, Stop)).Damaged);
        await Store.DisposeAsync();
        await EmptyPageAsync(isFirst ? 1 : await SchemaLeafAsync());
        await RefusedAsync(ErrorCode.CorruptStore, () => SqliteCheckpointStore.OpenAsync(Options, Stop));
        var report = await StoreRepair.RunAsync(Repair, Stop);
        Assert.Empty(report.Quarantined);
        await AssertHoldsAsync([]);
        await ReopenNothingAsync();
    }

    // Of the first page all but the head, which tells how large pages are.
    private async Task EmptyPageAsync(int page)
    {
        await using var file = new FileStream(DatabasePath, FileMode.Open, FileAccess.ReadWrite);
        file.Position = page == 1 ? 100 : (page - 1) * PageSize;
        await file.WriteAsync(new byte[page == 1 ? PageSize - 100 : PageSize], Stop);
    }

    // The root of the schema is the first page, which names the pages below it.
    private async Task<int> SchemaLeafAsync()
    {
        var first = (await File.ReadAllBytesAsync(DatabasePath, Stop)).AsSpan(0, PageSize).ToArray();
        Assert.Equal(5, first[100]);
        return System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(first.AsSpan(108));
    }

    private object? Read(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
