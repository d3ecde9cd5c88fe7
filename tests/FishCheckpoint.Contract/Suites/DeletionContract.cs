using System.Text;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>What is deleted comes back whole until its grace is over; what of a task may change changes alone; a base goes when nothing is
/// on it.</summary>
public class DeletionContract : CheckpointStoreContract
{
    [Fact]
    public async Task Undelete_ACheckpoint_GivesBackItsBitsStateMetricsAndTags()
    {
        var (first, second) = (Base.Change(1, 0.01), Base.Change(1, 0.01).Change(2, 0.01));
        var state = Encoding.UTF8.GetBytes("moments");
        await SaveFullAsync(1, first);
        await SaveFullAsync(2, second, new SaveOptions
        {
            Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = 0.25 }, OpenTrainerState = () =>
                new MemoryStream(state),
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["run"] = "a1" },
        });
        await Store.Checkpoints.SetTagAsync("task", "good", StepRef.At(2), Stop);
        await Store.Checkpoints.SetTagAsync("task", "moved", StepRef.At(2), Stop);
        var before = await Store.Checkpoints.GetAsync("task", StepRef.At(2), Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
        await Store.Checkpoints.SetTagAsync("task", "moved", StepRef.At(1), Stop);
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => Store.States.OpenAsync("task", StepRef.At(2), Stop));

        var listed = Assert.Single((await Store.Checkpoints.ListDeletedAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items);
        Assert.Equal((2, before.State, before.TrainerStateBytes, false),
            (listed.Step, listed.State, listed.TrainerStateBytes, listed.WithTask));
        Assert.Equal(["good", "moved"], listed.Tags);
        Assert.Equal(TimeSpan.FromHours(24), listed.Expires - listed.Deleted);

        var back = await Store.Checkpoints.UndeleteAsync("task", 2, cancellationToken: Stop);
        Assert.Equal(["moved"], back.TakenTags);
        Assert.False(back.GoesAgain);
        Assert.Equal(
            before with { Tags = back.Checkpoint.Tags, Metrics = back.Checkpoint.Metrics, Metadata = back.Checkpoint.Metadata },
            back.Checkpoint);
        Assert.Equal([new("run", "a1")], back.Checkpoint.Metadata!);
        Assert.Equal(0.25, back.Checkpoint.Metrics["loss"]);
        Assert.Equal(["good"], back.Checkpoint.Tags);
        Assert.Equal(second.ToBytes(), await Store.RestoreAsync("task", 2));
        await using var stored = await Store.States.OpenTrainerStateAsync("task", StepRef.At(2), Stop);
        using var copy = new MemoryStream();
        await stored.CopyToAsync(copy, Stop);
        Assert.Equal(state, copy.ToArray());
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(2), Stop)).Sound);
        Assert.Empty((await Store.Checkpoints.ListDeletedAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items);
    }

    [Fact]
    public async Task Undelete_WhereTheStepIsTaken_IsRefusedOrGoesToAnother()
    {
        var models = new[] { Base.Change(1, 0.01), Base.Change(2, 0.01), Base.Change(3, 0.01) };
        foreach (var model in models)
        {
            if ((await Store.Tasks.GetAsync("task", Stop)).Checkpoints > 0)
            {
                await Store.Checkpoints.DeleteAsync("task", StepRef.At(7), Stop);
            }

            await SaveFullAsync(7, model);
        }

        Assert.Contains("--as", (await RefusedAsync(ErrorCode.StepTaken, () => Store.Checkpoints.UndeleteAsync(
            "task", 7, cancellationToken: Stop))).Hint, StringComparison.Ordinal);

        // The one that was deleted last comes first.
        await Store.Checkpoints.UndeleteAsync("task", 7, new UndeleteOptions(As: 3), Stop);
        await Store.Checkpoints.UndeleteAsync("task", 7, new UndeleteOptions(As: 9, Pin: true), Stop);
        Assert.Equal(models[1].ToBytes(), await Store.RestoreAsync("task", 3));
        Assert.Equal(models[0].ToBytes(), await Store.RestoreAsync("task", 9));
        Assert.Equal(models[2].ToBytes(), await Store.RestoreAsync("task", 7));
        Assert.True((await Store.Checkpoints.GetAsync("task", StepRef.At(9), Stop)).Pinned);
        await RefusedAsync(
            ErrorCode.CheckpointNotFound, () => Store.Checkpoints.UndeleteAsync("task", 7, new UndeleteOptions(As: 11), Stop));
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => Store.Checkpoints.UndeleteAsync("task", 4, cancellationToken: Stop));
        await RefusedAsync(ErrorCode.TaskNotFound, () => Store.Checkpoints.UndeleteAsync("none", 4, cancellationToken: Stop));
        await RefusedAsync(ErrorCode.StepInvalid, () => Store.Checkpoints.UndeleteAsync("task", -4, cancellationToken: Stop));
    }

    [Fact]
    public async Task Overwrite_KeepsWhatItReplacesForTheGrace()
    {
        var (old, other) = (Base.Change(1, 0.01), Base.Change(2, 0.01));
        await SaveFullAsync(5, old, new SaveOptions { OpenTrainerState = () => new MemoryStream([1, 2, 3]) });
        await SaveFullAsync(5, other, new SaveOptions { Overwrite = true });
        await RefusedAsync(ErrorCode.StepTaken, () => Store.Checkpoints.UndeleteAsync("task", 5, cancellationToken: Stop));
        Assert.True((await Store.Checkpoints.UndeleteAsync("task", 5, new UndeleteOptions(As: 6), Stop)).Checkpoint.TrainerStateBytes > 0);
        Assert.Equal(old.ToBytes(), await Store.RestoreAsync("task", 6));
        Assert.Equal(other.ToBytes(), await Store.RestoreAsync("task", 5));
    }

    [Fact]
    public async Task Undelete_ATask_GivesBackItsCheckpointsAndSettings()
    {
        var (first, second) = (Base.Change(1, 0.01), Base.Change(1, 0.01).Change(2, 0.01));
        await Store.Tasks.PutAsync("gone", new TaskSpec("base", "a run", Retention: new Retention(Monitor: "loss")), Stop);
        await SaveFullAsync(1, first, task: "gone");
        await SavePatchAsync(2, second.PatchAgainst(first), new SaveOptions { Parent = ParentChoice.Previous }, "gone");
        await SaveFullAsync(3, first, task: "gone");
        await Store.Checkpoints.DeleteAsync("gone", StepRef.At(3), Stop);
        await Store.Checkpoints.SetTagAsync("gone", "good", StepRef.At(1), Stop);
        await Store.Checkpoints.SetTagAsync("gone", "first", StepRef.At(1), Stop);
        await Store.Tasks.DeleteAsync("gone", Stop);
        await RefusedAsync(ErrorCode.TaskNotFound, () => Store.Tasks.GetAsync("gone", Stop));
        await RefusedAsync(ErrorCode.TaskNotFound, () => Store.Checkpoints.UndeleteAsync("gone", 1, cancellationToken: Stop));
        Assert.DoesNotContain((await Store.Tasks.ListAsync(new PageRequest(), Stop).ReadPageAsync()).Items, task => task.Name != "task");
        var listed = Assert.Single((await Store.Tasks.ListDeletedAsync(new PageRequest(), Stop).ReadPageAsync()).Items);
        Assert.Equal(("gone", "base", true, 3), (listed.Name, listed.Base, listed.Whole, listed.Checkpoints));
        Assert.Equal([true, true, false], (await Store.Checkpoints.ListDeletedAsync(
            "gone", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.WithTask));

        // Its name is free meanwhile.
        await Store.Tasks.PutAsync("gone", new TaskSpec("base"), Stop);
        await RefusedAsync(ErrorCode.TaskTaken, () => Store.Tasks.UndeleteAsync("gone", cancellationToken: Stop));
        await RefusedAsync(ErrorCode.NameInvalid, () => Store.Tasks.UndeleteAsync("gone", "../gone", Stop));
        var back = await Store.Tasks.UndeleteAsync("gone", "back", Stop);
        Assert.Equal(("back", "a run", "loss", 2), (back.Name, back.Description, back.Retention!.Monitor, back.Checkpoints));
        Assert.Equal(["first", "good"], (await Store.Checkpoints.GetAsync("back", StepRef.Parse("good"), Stop)).Tags);
        Assert.Equal(first.ToBytes(), await Store.RestoreAsync("back", 1));
        Assert.Equal(second.ToBytes(), await Store.RestoreAsync("back", 2));

        // What was deleted before the task was is still to be had by itself.
        await Store.Checkpoints.UndeleteAsync("back", 3, cancellationToken: Stop);
        Assert.Equal(first.ToBytes(), await Store.RestoreAsync("back", 3));
        await RefusedAsync(ErrorCode.TaskNotFound, () => Store.Tasks.UndeleteAsync("gone", "again", Stop));
    }

    [Fact]
    public async Task Delete_IsReportedApart_UntilTheGraceIsEnded()
    {
        await SaveFullAsync(1, Base.Change(1, 0.01));
        await SaveFullAsync(2, Base.Change(2, 0.01));
        var before = await Store.Reports.GetStorageAsync("task", Stop);
        var size = (await Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop)).StoredBytes;
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        var after = await Store.Reports.GetStorageAsync(null, Stop);
        Assert.Equal((1, before.Stored.Total - size, 1, size, 0), (
            after.Checkpoints, after.Stored.Total, after.Grace.Checkpoints, after.Grace.Bytes, after.Reclaimable));
        Assert.Equal(size, after.Disk!.Grace);
        Assert.NotNull(after.Grace.Next);

        var collector = Store.Maintenance;
        var waits = await collector.CollectAsync(new CollectOptions(), Stop);
        Assert.Equal((0, 1, size), (waits.Purged, waits.Grace.Checkpoints, waits.Grace.Bytes));
        var planned = await collector.CollectAsync(new CollectOptions { DryRun = true, Now = true }, Stop);
        Assert.Equal((1, 0), (planned.Purged, planned.Grace.Checkpoints));
        await Store.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        await collector.CollectAsync(new CollectOptions { Now = true, Task = "other" }, Stop);
        await Store.Tasks.DeleteAsync("other", Stop);
        await collector.CollectAsync(new CollectOptions { Now = true, Task = "other" }, Stop);
        await RefusedAsync(ErrorCode.TaskNotFound, () => Store.Tasks.UndeleteAsync("other", cancellationToken: Stop));
        Assert.Single((await Store.Checkpoints.ListDeletedAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items);
        var ended = await collector.CollectAsync(new CollectOptions { Now = true }, Stop);
        Assert.Equal((1, 0, size, planned.FreedBytes), (ended.Purged, ended.Grace.Checkpoints, ended.FreedBytes, ended.FreedBytes));
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => Store.Checkpoints.UndeleteAsync("task", 1, cancellationToken: Stop));
        Assert.Equal(Base.Change(2, 0.01).ToBytes(), await Store.RestoreAsync("task", 2));
    }

    [Fact]
    public async Task Undelete_WhatTheRetentionDeletes_SaysThatItGoesAgain()
    {
        for (var step = 1; step <= 4; step++)
        {
            await SaveFullAsync(step, Base.Change(step, 0.01));
        }

        var armed = await Store.Tasks.ChangeAsync("task", Patch("""{"retention":{"keepLast":2}}"""), cancellationToken: Stop);
        Assert.Equal((2, TimeSpan.FromHours(24)), (armed.Removes!.Checkpoints, armed.Removes.Grace));
        Assert.Equal([1, 2], armed.Removes.Steps);
        var collected = await Store.Maintenance.CollectAsync(new CollectOptions(), Stop);
        Assert.Equal((2, 2, 0), (collected.Deleted, collected.Grace.Checkpoints, collected.FreedBytes));
        Assert.True((await Store.Checkpoints.UndeleteAsync("task", 1, cancellationToken: Stop)).GoesAgain);
        Assert.False((await Store.Checkpoints.UndeleteAsync("task", 2, new UndeleteOptions(Pin: true), Stop)).GoesAgain);
        Assert.Equal(1, (await Store.Maintenance.CollectAsync(new CollectOptions(), Stop)).Deleted);
    }

    [Fact]
    public async Task Change_NamesOnlyWhatItChanges()
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["seed"] = "1", ["host"] = "a" };
        await Store.Tasks.PutAsync(
            "task", new TaskSpec("base", "first", metadata, new Retention(KeepLast: 5, Monitor: "loss", Mode: "max")), Stop);
        for (var step = 1; step <= 3; step++)
        {
            await SaveFullAsync(step, Base.Change(step, 0.01));
        }

        var planned = await Store.Tasks.ChangeAsync("task", Patch("""{"retention":{"keepLast":1}}"""), dryRun: true, Stop);
        Assert.Equal((1, 2L), (planned.Retention!.KeepLast, planned.Removes!.Checkpoints));
        Assert.Equal(5, (await Store.Tasks.GetAsync("task", Stop)).Retention!.KeepLast);
        var changed = await Store.Tasks.ChangeAsync(
            "task", Patch("""{"metadata":{"seed":"2","host":null},"retention":{"keepEvery":10}}"""), cancellationToken: Stop);
        Assert.Equal(("first", new Retention(5, 10, null, "loss", "max")), (changed.Description, changed.Retention));
        Assert.Equal([new("seed", "2")], changed.Metadata);
        Assert.Equal(0, changed.Removes!.Checkpoints);
        var cleared = await Store.Tasks.ChangeAsync("task", Patch("""{"description":null,"retention":null}"""), cancellationToken: Stop);
        Assert.Equal((null, null), (cleared.Description, cleared.Retention));
        Assert.Equal([new("seed", "2")], cleared.Metadata);
        Assert.Null((await Store.Tasks.GetAsync("task", Stop)).Removes);
        foreach (var refused in new[]
        {
            "[]", """{"base":"other"}""", """{"retention":{"keepLast":0}}""", """{"retention":{"keepLats":1}}""",
            """{"metadata":{"a":1}}""", """{"retention":3}""",
        })
        {
            await RefusedAsync(ErrorCode.RequestInvalid, () => Store.Tasks.ChangeAsync("task", Patch(refused), cancellationToken: Stop));
        }

        await RefusedAsync(ErrorCode.TaskNotFound, () => Store.Tasks.ChangeAsync("none", Patch("{}"), cancellationToken: Stop));
        var same = await Store.Tasks.ChangeAsync("task", Patch("{}"), cancellationToken: Stop);
        Assert.Equal(cleared with { Metadata = same.Metadata, Tensors = same.Tensors, Removes = null }, same);
    }

    [Fact]
    public async Task DeleteBase_GoesWithItsLastNameAndWhileNoTaskIsOnIt()
    {
        var other = TestModel.Create(9);
        await Store.Bases.AddAsync("one", ModelUpload.FromStream(new MemoryStream(other.ToBytes())), Stop);
        await Store.Bases.AddAsync("two", ModelUpload.FromStream(new MemoryStream(other.ToBytes())), Stop);
        await Store.Tasks.PutAsync("user", new TaskSpec("one"), Stop);
        var alias = await Store.Bases.DeleteAsync("one", Stop);
        Assert.Equal((false, 0L, "two"), (alias.Deleted, alias.FreedBytes, Assert.Single(alias.Names)));
        Assert.Contains(
            "user", (await RefusedAsync(ErrorCode.BaseInUse, () => Store.Bases.DeleteAsync("two", Stop))).Cause, StringComparison.Ordinal);
        await Store.Tasks.DeleteAsync("user", Stop);
        Assert.Contains("user (deleted)", (
            await RefusedAsync(ErrorCode.BaseInUse, () => Store.Bases.DeleteAsync("two", Stop))).Cause, StringComparison.Ordinal);
        var ended = await Store.Maintenance.CollectAsync(new CollectOptions { Now = true }, Stop);
        var unused = Assert.Single(ended.UnusedBases);
        var removed = await Store.Bases.DeleteAsync("two", Stop);
        Assert.Equal((true, unused.Id, unused.Bytes), (removed.Deleted, removed.Id, removed.FreedBytes));
        await RefusedAsync(ErrorCode.BaseNotFound, () => Store.Bases.GetAsync("two", Stop));
        await RefusedAsync(ErrorCode.BaseNotFound, () => Store.Bases.DeleteAsync("two", Stop));
        await RefusedAsync(ErrorCode.NameInvalid, () => Store.Bases.DeleteAsync("../two", Stop));

        // It may come again, and is as good as it was.
        await Store.Bases.AddAsync("two", ModelUpload.FromStream(new MemoryStream(other.ToBytes())), Stop);
        await using var reader = await Store.Bases.OpenAsync("two", Stop);
        Assert.Equal(other.ToBytes(), await reader.ReadAsync());
    }

    private static JsonElement Patch(string json) => JsonSerializer.Deserialize<JsonElement>(json);
}
