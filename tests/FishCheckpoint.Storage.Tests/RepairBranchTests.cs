using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A branch and what it starts from, each of them damaged: what the other says is rebuilt, and what neither needs is
/// kept.</summary>
public sealed class RepairBranchTests : RepairTest
{
    [Fact]
    public async Task Repair_OriginLost_KeepsWhatOfTheBranchDoesNotLieOnIt()
    {
        await PrepareBranchAsync();
        FlipPiece(Frames("SELECT frame FROM checkpoints WHERE step = 40")[0]);
        var lost = await UnsoundAsync();
        Assert.Equal(["branch/1", "branch/2", "task/40", "task/42"], lost);

        var report = await RepairAsync();
        Assert.Equal(lost, report.Quarantined.SelectMany(item => item.Affected).Order(StringComparer.Ordinal));
        Assert.Contains(report.Quarantined, item => item.Key == "branch point of task branch"
            && item.Problem.Contains("task:40", StringComparison.Ordinal));
        await AssertHoldsAsync(lost);

        // The base does not take its place, unless the caller asks for it.
        await using var repaired = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop);
        Assert.Equal(new BranchPoint("task", 40), (await repaired.Tasks.GetAsync("branch", Stop)).BranchPoint);
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => repaired.States.OpenBranchPointAsync("branch", Stop));
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => SavePatchAsync(repaired, 9, ParentChoice.Auto));
        await SavePatchAsync(repaired, 9, ParentChoice.Base);
        await SavePatchAsync(repaired, 10, ParentChoice.At(3));
        await SaveFullAsync(repaired, "branch", 11, Base.Change(60, 0.001), ParentChoice.Auto);
        Assert.Equal(Base.Change(60, 0.001).ToBytes(), await repaired.RestoreAsync("branch", 11));
        await repaired.Tasks.DeleteAsync("branch", Stop);
        Assert.Empty((await repaired.Maintenance.VerifyAsync(null, Stop)).Damaged);
    }

    [Fact]
    public async Task Repair_OriginThatAnotherHasToo_TakesIt()
    {
        await PrepareBranchAsync();
        await Store.Tasks.PutAsync("twin", new TaskSpec("base"), Stop);
        await SaveFullAsync(Store, "twin", 1, Models[("task", 40)], ParentChoice.Base);
        Models.Add(("twin", 1), Models[("task", 40)]);
        FlipPiece(Frames("SELECT frame FROM checkpoints WHERE step = 40")[0]);
        var report = await RepairAsync();
        Assert.Empty(report.Quarantined);
        await AssertHoldsAsync([]);
    }

    [Theory]
    [InlineData("DELETE FROM tasks WHERE name = 'task'")]
    [InlineData("UPDATE tasks SET tensors = '{' WHERE name = 'task'")]
    [InlineData("UPDATE tasks SET layout = zeroblob(32), base = zeroblob(32) WHERE name = 'task'")]
    [InlineData("UPDATE tasks SET tensors = '[]' WHERE name = 'branch'")]
    [InlineData("UPDATE checkpoints SET parent = (SELECT id FROM checkpoints WHERE step = 30) "
        + "WHERE step = 1 AND task = (SELECT id FROM tasks WHERE name = 'branch')")]
    public async Task Repair_DamagedRowOfEither_IsMadeOfTheOther(string sql)
    {
        await PrepareBranchAsync();
        await DamageAsync(sql);
        var report = await RepairAsync();
        Assert.Empty(report.Quarantined);
        Assert.NotEmpty(report.Rebuilt);
        await AssertHoldsAsync([]);
    }

    [Fact]
    public async Task Repair_TextOfATaskDamaged_ForgetsThatAlone()
    {
        await PrepareBranchAsync();
        await DamageAsync("UPDATE tasks SET metadata = '{', retention = 'x' WHERE name = 'task'");
        var report = await RepairAsync();
        Assert.Equal(["metadata of task task", "retention of task task"], report.Quarantined.Select(item => item.Key));
        Assert.Equal(0, report.Lost);
        await AssertHoldsAsync([]);
    }

    [Fact]
    public async Task Repair_TaskLostWithoutAName_KeepsWhatItsBranchLiesOn()
    {
        await PrepareBranchAsync();
        await DamageAsync("DELETE FROM tasks WHERE name = 'task'; UPDATE tasks SET origin_task = 'branch' WHERE name = 'branch'");
        var report = await RepairAsync();
        var lost = Keys.Where(key => key.Task == "task").Select(key => $"task/{key.Step}").ToArray();
        Assert.Contains("task 1/40", report.Quarantined.SelectMany(item => item.Affected));
        Assert.Equal(lost.Length, report.Lost);
        await AssertHoldsAsync(lost);
    }

    // Two based on the start, one after another, and one based on the base.
    private async Task PrepareBranchAsync()
    {
        await PrepareAsync();
        await Store.Tasks.PutAsync("branch", new TaskSpec(BranchPoint: new BranchPoint("task", 40)), Stop);
        var (first, whole) = (Models[("task", 40)].Change(51, 0.001), Base.Change(52, 0.001));
        await SaveFullAsync(Store, "branch", 1, first, ParentChoice.Parse("task:40"));
        await SaveFullAsync(Store, "branch", 2, first.Change(53, 0.001), ParentChoice.At(1));
        await SaveFullAsync(Store, "branch", 3, whole, ParentChoice.Base);
        Models.Add(("branch", 1), first);
        Models.Add(("branch", 2), first.Change(53, 0.001));
        Models.Add(("branch", 3), whole);
    }

    private async Task DamageAsync(string sql)
    {
        await Store.DisposeAsync();
        Sql($"PRAGMA foreign_keys = OFF; {sql}");
        await ReopenAsync();
    }

    private async Task SaveFullAsync(CheckpointStore store, string task, long step, TestModel model, ParentChoice parent)
    {
        using var file = ModelFolder.Open(model.Write(Path.Combine(Options.DataFolder, "..", $"{task}-{step}")));
        await store.Checkpoints.SaveAsync(task, step, new CheckpointContent.Full(file), new SaveOptions { Parent = parent }, Stop);
    }

    private async Task SavePatchAsync(CheckpointStore store, long step, ParentChoice parent)
    {
        var path = Path.Combine(Options.DataFolder, "..", $"{step}.patch");
        await File.WriteAllBytesAsync(path, Base.Change(70, 0.001).PatchAgainst(Base), Stop);
        using var file = SafetensorsFile.Open(path);
        await store.Checkpoints.SaveAsync("branch", step, new CheckpointContent.Sparse(file), new SaveOptions { Parent = parent }, Stop);
    }
}
