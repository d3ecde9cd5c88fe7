using FishCheckpoint.Checkpoints;
using FishCheckpoint.Durability.Suites;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Repairs;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A repair never touches what it repairs; what it gives is sound, and says what is missing.</summary>
public sealed class RepairTests : RepairTest
{
    [Fact]
    public async Task Repair_OfASoundStore_IsTheSameStore()
    {
        await PrepareAsync();
        var report = await RepairAsync();
        Assert.Empty(report.Quarantined);
        Assert.Empty(report.Rebuilt);
        await AssertHoldsAsync([]);
    }

    [Fact]
    public async Task Repair_WithAnUnfinishedLog_TakesWhatIsInIt()
    {
        await PrepareAsync();
        await SaveAsync(70, Base.Change(70, 0.001));
        Models.Add(("task", 70), Base.Change(70, 0.001));

        // Copied while it is open: what was committed last is in the log alone.
        var copied = Path.Combine(Options.DataFolder, "..", "killed");
        Directory.CreateDirectory(copied);
        foreach (var name in new[] { "fish.db", "fish.db-wal" })
        {
            await using var from = new FileStream(Path.Combine(Options.DataFolder, name), FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete);
            await using var to = File.Create(Path.Combine(copied, name));
            await from.CopyToAsync(to, Stop);
        }

        Directory.Move(Path.Combine(Options.DataFolder, "bases"), Path.Combine(copied, "bases"));
        var before = Contents(copied);
        var report = await StoreRepair.RunAsync(new RepairOptions { DataFolder = copied, To = Target }, Stop);
        Assert.Equal(before, Contents(copied));
        Assert.Equal((Keys.Count, 0L), (report.Checkpoints, report.Lost));
        await AssertHoldsAsync([]);
    }

    [Fact]
    public async Task Repair_DamagedValues_DropsThemWithWhatDependsOnThem()
    {
        await PrepareAsync();
        FlipPiece(Frames("SELECT frame FROM checkpoints WHERE step = 40")[0]);
        FlipPiece(Frames("SELECT frame FROM checkpoints WHERE step = 12 AND task = 1")[0]);
        FlipPiece(Frames("SELECT trainer_frame FROM checkpoints WHERE step = 2 AND task = 1")[0]);
        var lost = await UnsoundAsync();
        lost.Remove("task/2");
        var report = await RepairAsync();
        Assert.Equal(lost, report.Quarantined.SelectMany(item => item.Affected).Order(StringComparer.Ordinal));
        Assert.Contains(report.Quarantined, item => item.Key == "trainer state of task/2");
        Assert.All(report.Quarantined.SelectMany(item => item.Files), file =>
            Assert.True(File.Exists(Path.Combine(Target, "quarantine", file))));
        Assert.NotEmpty(report.Quarantined.SelectMany(item => item.Files));
        Assert.True(File.Exists(Path.Combine(Target, "quarantine", "manifest.json")));
        await AssertHoldsAsync(lost);
        await using var repaired = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop);
        await Assert.ThrowsAsync<FishException>(() => repaired.States.OpenTrainerStateAsync("task", StepRef.At(2), Stop));
    }

    [Fact]
    public async Task Repair_DamagedValuesThatAnotherHasToo_TakesThem()
    {
        await PrepareAsync();
        await Store.Tasks.PutAsync("twin", new TaskSpec("base"), Stop);
        using (var file =
            Tensors.ModelFolder.Open(Base.Change(30, 0.001).Rearranged().Write(Path.Combine(Options.DataFolder, "..", "twin"))))
        {
            await Store.Checkpoints.SaveAsync("twin", 1, new CheckpointContent.Full(file), null, Stop);
        }

        Models.Add(("twin", 1), Base.Change(30, 0.001).Rearranged());
        FlipPiece(Frames("SELECT frame FROM checkpoints WHERE step = 30")[0]);
        var report = await RepairAsync();
        Assert.Empty(report.Quarantined);
        Assert.Contains("task/30", Assert.Single(report.Rebuilt), StringComparison.Ordinal);
        await AssertHoldsAsync([]);
    }

    [Fact]
    public async Task Repair_DamagedMaskThatBlocksHaveToo_RebuildsIt()
    {
        await PrepareAsync();

        // Blocks whose positions are those of a mask that has a frame.
        var model = Base.Change(80, 0.0005);
        await SaveAsync(80, model);
        var path = Path.Combine(Options.DataFolder, "80.patch");
        await File.WriteAllBytesAsync(path, model.PatchAgainst(Base), Stop);
        using (var file = Tensors.SafetensorsFile.Open(path))
        {
            await Store.Checkpoints.SaveAsync("task", 81, new CheckpointContent.Sparse(file), null, Stop);
        }

        Models.Add(("task", 80), model);
        Models.Add(("task", 81), model);
        Assert.Equal(1,
            Ask("SELECT a.mask = b.mask AND a.blocks = 1 AND b.blocks = 0 FROM checkpoints a, checkpoints b "
                + "WHERE a.step = 80 AND b.step = 81"));
        FlipPiece(Frames("SELECT m.frame FROM masks m JOIN checkpoints c ON c.mask = m.id WHERE c.step = 81")[0]);
        var report = await RepairAsync();
        Assert.Empty(report.Quarantined);
        Assert.StartsWith("mask ", Assert.Single(report.Rebuilt), StringComparison.Ordinal);
        await AssertHoldsAsync([]);
    }

    [Theory]
    [InlineData("UPDATE checkpoints SET parent = (SELECT id FROM checkpoints WHERE step = 30) WHERE step = 42")]
    [InlineData("UPDATE checkpoints SET parent = (SELECT id FROM checkpoints WHERE step = 30) WHERE step = 40")]
    [InlineData("UPDATE checkpoints SET changed = changed + 1, value_bytes = 1, depth = 7, metrics = '{' WHERE step = 42")]
    [InlineData("UPDATE totals SET value_bytes = 0, checkpoints = 99, elements = 1")]
    [InlineData("UPDATE masks SET count = count + 1, bytes = bytes + 1 WHERE frame IS NOT NULL")]
    [InlineData("DELETE FROM masks")]
    [InlineData("UPDATE checkpoints SET frame = (SELECT max(id) FROM frames f "
        + "WHERE f.id IN (SELECT trainer_frame FROM checkpoints)) WHERE step = 42")]
    public async Task Repair_DamagedRows_SetsThemRight(string sql)
    {
        await PrepareAsync();
        await Store.DisposeAsync();
        Sql($"PRAGMA foreign_keys = OFF; {sql}");
        await ReopenAsync();
        var report = await RepairAsync();
        Assert.Empty(report.Quarantined);
        await AssertHoldsAsync([]);
    }

    [Fact]
    public async Task Repair_SwappedFrames_AreNotTakenForOneAnother()
    {
        await PrepareAsync();
        Sql("UPDATE checkpoints SET state = zeroblob(32) WHERE step = 42");
        var report = await RepairAsync();
        Assert.Equal(["task/42"], Assert.Single(report.Quarantined).Affected);
        await AssertHoldsAsync(["task/42"]);
    }

    [Theory]
    [InlineData("checkpoints_by_mask", true)]
    [InlineData("sqlite_autoindex_pieces_1", true)]
    [InlineData("masks", true)]
    [InlineData("checkpoints", false)]
    [InlineData("pieces", true)]
    [InlineData("frames", false)]
    [InlineData("tags", true)]
    public async Task Repair_PageOfNoise_SalvagesTheRest(string table, bool keepsAll)
    {
        await PrepareAsync();
        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        var root = (int)Ask($"SELECT rootpage FROM sqlite_master WHERE name = '{table}'");
        await Store.DisposeAsync();
        Noise(root);
        var before = Contents(Options.DataFolder);
        var report = await StoreRepair.RunAsync(Repair, Stop);
        Assert.Equal(before, Contents(Options.DataFolder));
        var there = await AssertSoundAsync(report);
        Assert.Equal(keepsAll, there.Count == Keys.Count);

        // An index is built again, tags can be read from theirs, and the first page of pieces only says where the others are.
        Assert.Equal(
            table is not ("checkpoints_by_mask" or "sqlite_autoindex_pieces_1" or "tags" or "pieces"), report.Quarantined.Count > 0);
        await ReopenNothingAsync();
    }

    [Fact]
    public async Task Repair_LeafOfPieces_LosesNoMoreThanItsCheckpoints()
    {
        await PrepareAsync();
        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        await Store.DisposeAsync();
        Noise((int)new FileInfo(DatabasePath).Length / 16384 / 2);
        var before = Contents(Options.DataFolder);
        var report = await StoreRepair.RunAsync(Repair, Stop);
        Assert.Equal(before, Contents(Options.DataFolder));
        Assert.InRange((await AssertSoundAsync(report)).Count, Keys.Count / 3, Keys.Count);
        await ReopenNothingAsync();
    }

    [Fact]
    public async Task Repair_NothingButNoise_IsRefused()
    {
        await PrepareAsync();
        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        await Store.DisposeAsync();
        for (var page = 1; page <= new FileInfo(DatabasePath).Length / 16384; page++)
        {
            Noise(page);
        }

        await RefusedAsync(ErrorCode.CorruptStore, () => StoreRepair.RunAsync(Repair, Stop));
        await RefusedAsync(ErrorCode.StoreIncomplete, () =>
            SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop));
        await ReopenNothingAsync();
    }

    [Fact]
    public async Task Repair_DamagedBase_AsksForAWholeFile()
    {
        await PrepareAsync();
        FlipFile(BaseFileOf(Base), 2_000_000);
        await RefusedAsync(ErrorCode.CorruptBase, () => StoreRepair.RunAsync(Repair, Stop));

        // Broken off, it begins again.
        var whole = Base.Write(Path.Combine(Options.DataFolder, "..", "whole"));
        var report = await StoreRepair.RunAsync(Repair with { Bases = [Path.Combine(Options.DataFolder, "none"), whole] }, Stop);
        Assert.Empty(report.Quarantined);
        await AssertHoldsAsync([]);
    }

    [Fact]
    public async Task Repair_DamagedBase_CanBeLeftOut()
    {
        await PrepareAsync();
        FlipFile(BaseFileOf(Base), 2_000_000);
        var report = await StoreRepair.RunAsync(Repair with { DropDamagedBases = true }, Stop);
        Assert.Equal(Keys.Count(key => key.Task != "narrow"), report.Lost);
        await AssertHoldsAsync([.. Keys.Where(key => key.Task != "narrow").Select(key => $"{key.Task}/{key.Step}")]);
    }

    [Fact]
    public async Task Repair_IntoSomethingElse_IsRefused()
    {
        await PrepareAsync();
        Directory.CreateDirectory(Target);
        await File.WriteAllTextAsync(Path.Combine(Target, "thesis.txt"), "mine", Stop);
        await RefusedAsync(ErrorCode.FolderTaken, () => StoreRepair.RunAsync(Repair, Stop));
        await RefusedAsync(ErrorCode.FolderTaken, () => StoreRepair.RunAsync(Repair with { To = Options.DataFolder }, Stop));
        await RefusedAsync(ErrorCode.FileNotFound, () =>
            StoreRepair.RunAsync(Repair with { DataFolder = Target, To = Target + "-new" }, Stop));
        Assert.False(Incomplete.IsOn(Options.DataFolder));
    }

    private void Noise(int page)
    {
        var noise = new byte[16384];
        new Random(page).NextBytes(noise);
        using var file = File.OpenWrite(DatabasePath);
        file.Position = (page - 1) * 16384L;
        file.Write(noise);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Repair_OntoADiskThatFills_IsRefusedUntilThereIsRoom()
    {
        await PrepareAsync();
        await Store.DisposeAsync();
        var refused = 0;
        for (var mebibytes = 1; ; mebibytes++)
        {
            await using var disk = await SmallFileSystem.TryMountAsync(
                Path.Combine(Options.DataFolder, "..", $"disk-{mebibytes}"), mebibytes);
            Assert.SkipWhen(disk is null, "This user may not mount a small file system.");
            var repair = new RepairOptions { DataFolder = Options.DataFolder, To = Path.Combine(disk.Folder, "repaired") };
            try
            {
                Assert.Equal(0, (await StoreRepair.RunAsync(repair, Stop)).Lost);
                break;
            }
            catch (FishException error)
            {
                Assert.Equal(ErrorCode.StorageUnavailable, error.Code);
                refused++;
            }
        }

        Assert.True(refused > 1);
        await ReopenNothingAsync();
    }
}
