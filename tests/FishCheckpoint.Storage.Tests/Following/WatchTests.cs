using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Watch;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Following;

public sealed class WatchTests : FollowingTest
{
    private readonly List<WatchedVersion> saved = [];
    private int saves;

    private string Dropped => Path.Combine(Work, "dropped");

    private WatchOptions Watched => new()
    {
        Folder = Dropped, Task = "task", Interval = TimeSpan.FromMilliseconds(20), Settle = TimeSpan.FromMilliseconds(60),
            RetryDelay = TimeSpan.FromMilliseconds(5), Once = true,
        OnWarning = Warnings.Add,
    };

    [Fact(Timeout = 600_000)]
    public async Task Watch_TheUsualNames_SavesInOrderAndOnlyOnce()
    {
        foreach (var (place, name, step) in new[]
        {
            (".", "run-step_300.safetensors", 300), (".", "step-20.safetensors", 20), ("checkpoint-100", "model.safetensors", 100),
            ("global_step_200/actor/huggingface", "model.safetensors", 200), (".", "other.safetensors", 7), (".", ".step_9.safetensors", 9),
            ("tmp-checkpoint-5", "model.safetensors", 5),
        })
        {
            Base.Change(step).Write(Path.Combine(Dropped, place), name);
        }

        await File.WriteAllTextAsync(Path.Combine(Dropped, "checkpoint-100", "optimizer.pt"), "not looked at", Stop);
        Assert.Empty(await WatchAsync(Watched));
        Assert.Equal([20L, 100L, 200L, 300L], saved.Select(version => version.Step));
        foreach (var version in saved)
        {
            Assert.Equal(Base.Change((int)version.Step).ToBytes(), await Store.RestoreAsync("task", version.Step));
        }

        Assert.Empty(await WatchAsync(Watched));
        Assert.Equal((4, 4), (saves, saved.Count));
        File.Delete(Path.Combine(Dropped, ".fish-watch.json"));
        Assert.Empty(await WatchAsync(Watched));
        Assert.Equal((8, 4), (saves, saved.Count(version => !version.Created)));

        await Store.Checkpoints.DeleteAsync("task", StepRef.At(100), Stop);
        Assert.Empty(await WatchAsync(Watched));
        Assert.Equal((9, 100, true), (saves, saved[^1].Step, saved[^1].Created));
        Assert.Empty(Warnings);
    }

    [Fact(Timeout = 600_000)]
    public async Task Watch_AFileBeingWritten_SavesItWhenItIsWhole()
    {
        var whole = Base.Change(1).ToBytes();
        var path = Path.Combine(Directory.CreateDirectory(Dropped).FullName, "step_1.safetensors");
        await File.WriteAllBytesAsync(path, whole[..(whole.Length / 2)], Stop);
        Base.Change(2).Write(Dropped, "step_2.safetensors");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var watching = WatchAsync(Watched with { Once = false }, stop.Token);
        await UntilAsync(() => saved.Count == 1);
        await Task.Delay(200, Stop);
        Assert.Contains("step_1.safetensors is not saved", Assert.Single(Warnings), StringComparison.Ordinal);

        await File.WriteAllBytesAsync(path, whole, Stop);
        await UntilAsync(() => saved.Count == 2);
        Assert.Equal(whole, await Store.RestoreAsync("task", 1));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact(Timeout = 600_000)]
    public async Task Watch_WhatDoesNotFit_TellsItAndGoesOn()
    {
        await SaveAsync(1, Base.Change(1));
        Base.Change(9).Write(Dropped, "step_1.safetensors");
        TestModel.Create(3, null, new TensorInfo("other", DType.F32, [4])).Write(Dropped, "step_2.safetensors");
        Base.Change(3).Write(Path.Combine(Dropped, "checkpoint-3"), "model-00001-of-00002.safetensors");
        Base.Change(4).Write(Dropped, "step_4.safetensors");

        var refused = await WatchAsync(Watched);
        Assert.Equal([ErrorCode.StepTaken, ErrorCode.TensorUnknown, ErrorCode.ShardIndexInvalid], refused.Select(error => error.Code));
        Assert.Equal([4L], saved.Select(version => version.Step));
        Assert.Equal(3, Warnings.Count);
        Assert.Equal(Base.Change(1).ToBytes(), await Store.RestoreAsync("task", 1));
    }

    [Fact(Timeout = 600_000)]
    public async Task Watch_WhileTheStoreIsAway_TriesAgain()
    {
        Base.Change(1).Write(Dropped, "step_1.safetensors");
        var asked = 0;
        var store = Altered((name, _) => name == "Checkpoints.SaveAsync" && asked++ < 3
            ? Task.FromException<Saved<CheckpointInfo>>(
                new FishException(ErrorCode.ServerUnavailable, "store", "It is away.", "Wait.")) : null);
        Assert.Empty(await new FolderWatcher(store, Watched, saved.Add).RunAsync(Stop));
        Assert.Equal((4, 1L), (asked, Assert.Single(saved).Step));
        Assert.Contains("SERVER_UNAVAILABLE", Assert.Single(Warnings), StringComparison.Ordinal);
    }

    [Fact(Timeout = 600_000)]
    public async Task Watch_WithABaseAndAPattern_MakesTheTask()
    {
        Base.Change(7).Write(Path.Combine(Dropped, "run.1-at-7-of-a"), "model.safetensors");
        Assert.Empty(await WatchAsync(Watched with { Task = "new", Base = "base", Pattern = "run.*-at-{step}-of-?".Replace('?', '*') }));
        Assert.Equal(Base.Change(7).ToBytes(), await Store.RestoreAsync("new", 7));

        var unknown = await Assert.ThrowsAsync<FishException>(() => WatchAsync(Watched with { Task = "unknown" }));
        Assert.Equal(ErrorCode.TaskNotFound, unknown.Code);
        var stepless = Watched with { Pattern = "no-step" };
        Assert.Equal(ErrorCode.RequestInvalid, Assert.Throws<FishException>(() => new FolderWatcher(Store, stepless, saved.Add)).Code);
        var nowhere = await Assert.ThrowsAsync<FishException>(() => WatchAsync(Watched with { Folder = Path.Combine(Work, "nowhere") }));
        Assert.Equal(ErrorCode.FileNotFound, nowhere.Code);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(10, Stop);
        }
    }

    private Task<IReadOnlyList<FishException>> WatchAsync(WatchOptions options, CancellationToken? stop = null)
    {
        var counting = Altered((name, _) =>
        {
            saves += name == "Checkpoints.SaveAsync" ? 1 : 0;
            return null;
        });
        return new FolderWatcher(counting, options, saved.Add).RunAsync(stop ?? Stop);
    }
}
