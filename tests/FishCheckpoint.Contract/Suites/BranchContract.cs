using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>What every store does with tasks that start from another one's checkpoint.</summary>
public class BranchContract : CheckpointStoreContract
{
    private static readonly BranchPoint From = new("task", 2);

    [Fact]
    public async Task Save_OnAnotherTasksCheckpoint_OutlivesIt()
    {
        var (first, second) = await SaveTrunkAsync();
        await Store.Tasks.PutAsync("branch", new TaskSpec("base"), Stop);
        var third = second.Change(3, 0.001);
        var saved = await SavePatchAsync(1, third.PatchAgainst(second), new SaveOptions { Parent = ParentChoice.Of("task", 2) }, "branch");
        Assert.Equal(("task:2", 3), (saved.Value.Parent, saved.Value.Depth));
        Assert.Equal(third.ToBytes(), await Store.RestoreAsync("branch", 1));

        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
        Assert.Equal(third.ToBytes(), await Store.RestoreAsync("branch", 1));
        Assert.Equal(first.ToBytes(), await Store.RestoreAsync("task", 1));
        await Store.Tasks.DeleteAsync("task", Stop);
        await RefusedAsync(ErrorCode.TaskNotFound, () => Store.Tasks.GetAsync("task", Stop));
        Assert.Equal(third.ToBytes(), await Store.RestoreAsync("branch", 1));
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("branch", StepRef.At(1), Stop)).Sound);

        // The name is free again, and what lies under the branch is not of it.
        await Store.Tasks.PutAsync("task", new TaskSpec("base"), Stop);
        await SaveFullAsync(2, first);
        Assert.Equal(third.ToBytes(), await Store.RestoreAsync("branch", 1));
        await Store.Tasks.DeleteAsync("task", Stop);
        await Store.Tasks.DeleteAsync("branch", Stop);
        await AssertEmptyAsync();
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("previous")]
    public async Task Start_FromAnotherTask_IsTheParentOfTheFirstSave(string parent)
    {
        var (_, second) = await SaveTrunkAsync();
        var made = await Store.Tasks.PutAsync("branch", new TaskSpec(BranchPoint: From), Stop);
        Assert.Equal((From, "base", true), (made.Value.BranchPoint, made.Value.Base, made.Created));
        Assert.False((await Store.Tasks.PutAsync("branch", new TaskSpec("base", "said later"), Stop)).Created);
        Assert.Equal(From, (await Store.Tasks.GetAsync("branch", Stop)).BranchPoint);

        await Store.Tasks.DeleteAsync("task", Stop);
        Assert.False((await Store.Tasks.PutAsync("branch", new TaskSpec(BranchPoint: From), Stop)).Created);
        var third = second.Change(3, 0.001);
        await SavePatchAsync(1, third.PatchAgainst(second), new SaveOptions { Parent = ParentChoice.Parse(parent) }, "branch");
        var fourth = third.Change(4, 0.001);
        await SavePatchAsync(2, fourth.PatchAgainst(third), new SaveOptions { Parent = ParentChoice.Previous }, "branch");
        await SaveFullAsync(3, fourth.Change(5, 0.001), task: "branch");
        Assert.Equal(third.ToBytes(), await Store.RestoreAsync("branch", 1));
        Assert.Equal(fourth.ToBytes(), await Store.RestoreAsync("branch", 2));
        Assert.Equal(fourth.Change(5, 0.001).ToBytes(), await Store.RestoreAsync("branch", 3));
        await Store.Tasks.DeleteAsync("branch", Stop);
        await AssertEmptyAsync();
    }

    [Fact]
    public async Task Start_WithOwnTensors_TakesThemAlong()
    {
        var own = new Dictionary<string, OwnTensor?>(StringComparer.Ordinal) { ["head.weight"] = new("F32", [3, 17]) };
        await Store.Tasks.PutAsync("own", new TaskSpec("base", Tensors: own), Stop);
        var model = Base.With(new Tensors.TensorInfo("head.weight", Tensors.DType.F32, [3, 17]));
        await SaveFullAsync(1, model, task: "own");
        var branch = await Store.Tasks.PutAsync("branch", new TaskSpec(BranchPoint: new BranchPoint("own", 1)), Stop);
        Assert.Equal((await Store.Tasks.GetAsync("own", Stop)).Layout, branch.Value.Layout);
        await RefusedAsync(ErrorCode.LayoutMismatch, () => Store.Tasks.PutAsync(
            "other", new TaskSpec("base", Tensors: new Dictionary<string, OwnTensor?>(StringComparer.Ordinal),
                BranchPoint: new BranchPoint("own", 1)), Stop));
        await RefusedAsync(ErrorCode.LayoutMismatch, () => SavePatchAsync(
            1, Base.Change(1).PatchAgainst(Base), new SaveOptions { Parent = ParentChoice.Of("own", 1) }));
    }

    [Fact]
    public async Task Branch_OfWhatCannotBe_IsRefused()
    {
        await SaveTrunkAsync();
        await Store.Tasks.PutAsync("branch", new TaskSpec(BranchPoint: From), Stop);
        await RefusedAsync(ErrorCode.TaskTaken, () =>
            Store.Tasks.PutAsync("branch", new TaskSpec(BranchPoint: new BranchPoint("task", 1)), Stop));
        await RefusedAsync(ErrorCode.TaskNotFound, () =>
            Store.Tasks.PutAsync("other", new TaskSpec(BranchPoint: new BranchPoint("none", 1)), Stop));
        await RefusedAsync(
            ErrorCode.CheckpointNotFound, () => Store.Tasks.PutAsync("other", new TaskSpec(BranchPoint: new BranchPoint("task", 9)), Stop));
        await RefusedAsync(ErrorCode.RequestInvalid, () => Store.Tasks.PutAsync("other", new TaskSpec(), Stop));
        await Store.Bases.AddAsync("second", ModelUpload.FromStream(new MemoryStream(TestModel.Create(9).ToBytes())), Stop);
        await RefusedAsync(ErrorCode.BaseMismatch, () => Store.Tasks.PutAsync("other", new TaskSpec("second", BranchPoint: From), Stop));
        await Store.Tasks.PutAsync("elsewhere", new TaskSpec("second"), Stop);
        var patch = Base.Change(3).PatchAgainst(Base);
        await RefusedAsync(ErrorCode.BaseMismatch, () =>
            SavePatchAsync(1, patch, new SaveOptions { Parent = ParentChoice.Of("task", 2) }, "elsewhere"));
        await RefusedAsync(ErrorCode.TaskNotFound, () => SavePatchAsync(5, patch, new SaveOptions { Parent = ParentChoice.Of("none", 2) }));
        await RefusedAsync(ErrorCode.CheckpointNotFound, () =>
            SavePatchAsync(5, patch, new SaveOptions { Parent = ParentChoice.Of("branch", 2) }));
    }

    [Fact]
    public async Task OpenStart_OfABranch_IsItsOriginWhateverBecomesOfThat()
    {
        var (first, second) = await SaveTrunkAsync();
        await Store.Tasks.PutAsync("branch", new TaskSpec(BranchPoint: From), Stop);
        Assert.Equal(second.ToBytes(), await StartAsync("branch"));
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
        Assert.Equal(second.ToBytes(), await StartAsync("branch"));

        // Another checkpoint of the same name.
        await SavePatchAsync(2, first.Change(8, 0.001).PatchAgainst(first), new SaveOptions { Parent = ParentChoice.Previous });
        Assert.Equal(second.ToBytes(), await StartAsync("branch"));
        await Store.Tasks.DeleteAsync("task", Stop);
        Assert.Equal(second.ToBytes(), await StartAsync("branch"));
        await SavePatchAsync(2, second.Change(9, 0.001).PatchAgainst(second), task: "branch");
        Assert.Equal(second.ToBytes(), await StartAsync("branch"));
        await Store.Tasks.DeleteAsync("branch", Stop);
        await AssertEmptyAsync();
    }

    [Fact]
    public async Task OpenStart_WithoutOrigin_IsTheBaseWithOwnTensorsAsZeros()
    {
        Assert.Equal(Base.ToBytes(), await StartAsync("task"));
        var own = new Dictionary<string, OwnTensor?>(StringComparer.Ordinal) { ["head.weight"] = new("F32", [3, 17]), ["steps"] = null };
        await Store.Tasks.PutAsync("own", new TaskSpec("base", Tensors: own), Stop);
        await using var reader = await Store.States.OpenBranchPointAsync("own", Stop);
        Assert.Equal((await Store.Tasks.GetAsync("own", Stop)).Layout, reader.Layout.Id);
        var (head, embed) = (new MemoryStream(), new MemoryStream());
        foreach (var (name, target) in new[] { ("head.weight", head), ("embed.weight", embed) })
        {
            var pipe = PipeWriter.Create(target);
            await reader.CopyTensorAsync(name, pipe, Stop);
            await pipe.CompleteAsync();
        }

        Assert.Equal(new byte[3 * 17 * 4], head.ToArray());
        Assert.Equal(Base["embed.weight"], embed.ToArray());
        Assert.False(reader.Layout.TryIndexOf("steps", out _));
        await RefusedAsync(ErrorCode.TaskNotFound, () => Store.States.OpenBranchPointAsync("none", Stop));
    }

    private async Task<byte[]> StartAsync(string task)
    {
        await using var reader = await Store.States.OpenBranchPointAsync(task, Stop);
        return await reader.ReadAsync();
    }

    private async Task<(TestModel First, TestModel Second)> SaveTrunkAsync()
    {
        var (first, second) = (Base.Change(1, 0.001), Base.Change(1, 0.001).Change(2, 0.001));
        await SavePatchAsync(1, first.PatchAgainst(Base));
        await SavePatchAsync(2, second.PatchAgainst(first), new SaveOptions { Parent = ParentChoice.Previous });
        return (first, second);
    }

    private async Task AssertEmptyAsync()
    {
        var report = await Store.Reports.GetStorageAsync(null, Stop);
        Assert.Equal((0L, 0L, 0L), (report.Checkpoints, report.Stored.Total, report.Disk!.Reclaimable));
    }
}
