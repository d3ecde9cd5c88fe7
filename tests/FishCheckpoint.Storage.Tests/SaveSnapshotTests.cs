using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using Microsoft.Data.Sqlite;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A save keeps no earlier state of the database once it is encoded, and finds out what has changed since.</summary>
public sealed class SaveSnapshotTests : StoreFixture
{
    [Fact(Timeout = 600_000)]
    public async Task Save_WaitingForAnother_LetsAllOfTheLogBeCopied()
    {
        var (encoded, copied) =
            (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new List<(long InLog, long Copied)>());
        Task? second = null;
        await ReopenAsync(Options with { Caller = AtWork });
        await SaveAsync(1, null);
        await second!;
        Assert.NotEmpty(copied);
        Assert.All(copied, pages => Assert.Equal(pages.InLog, pages.Copied));

        // Within the first save's transaction the second is encoded; within the second's, what the first has written can be copied, unless
        // the second keeps the state before it.
        Caller AtWork()
        {
            second ??= Task.Run(() => SaveAsync(2, encoded.SetResult), Stop);
            encoded.Task.Wait(Stop);
            if (Ask("SELECT count(*) FROM checkpoints") == 1)
            {
                copied.Add(Copy());
            }

            return Caller.Local;
        }
    }

    [Theory]
    [InlineData("task")]
    [InlineData("other")]
    public async Task Save_WhatItCountsOnGoesMeanwhile_IsMadeAgain(string task)
    {
        // In the same task, the values are predicted from it; in another, only the mask is the same.
        await Store.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        await SaveAsync(1, 1, null, task);
        var attempts = 0;
        await SaveAsync(2, 2, () =>
        {
            if (attempts++ == 0)
            {
                Store.Checkpoints.DeleteAsync(task, StepRef.At(1), Stop).GetAwaiter().GetResult();
            }
        });
        Assert.Equal(2, attempts);
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(2), Stop)).Sound);
        AssertTotalsAreARecount();
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task Save_StepIsTakenMeanwhile_IsComparedWithWhatTookIt(int seed, bool isSame)
    {
        var isFirst = true;
        var save = () => SaveAsync(1, 2, () =>
        {
            if (isFirst)
            {
                isFirst = false;
                SaveAsync(1, seed, null).GetAwaiter().GetResult();
            }
        });
        if (isSame)
        {
            Assert.False((await save()).Created);
        }
        else
        {
            Assert.Equal(ErrorCode.StepTaken, (await Assert.ThrowsAsync<FishException>(save)).Code);
        }

        AssertTotalsAreARecount();
    }

    private Task<Saved<CheckpointInfo>> SaveAsync(long step, Action? encoded) => SaveAsync(step, (int)step, encoded);

    private async Task<Saved<CheckpointInfo>> SaveAsync(long step, int seed, Action? encoded, string task = "task")
    {
        var mask = Mask.Create(Base.Layout, [new TensorMask(0, Enumerable.Range(0, 5000).Select(index => index * 7L).ToArray())]);
        var model = Base.Change(seed, 1);
        var content = new CheckpointContent.Changed(MaskedState.Gather(mask, tensor => model[mask.Layout.Tensors[tensor].Name]));
        return await Store.Checkpoints.SaveAsync(task, step, content, new SaveOptions { OpenTrainerState = encoded is null ? null : Open },
            Stop);

        Stream Open()
        {
            encoded();
            return new MemoryStream(new byte[10]);
        }
    }

    private (long InLog, long Copied) Copy()
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(PASSIVE)";
        using var pages = command.ExecuteReader();
        Assert.True(pages.Read());
        return (pages.GetInt64(1), pages.GetInt64(2));
    }
}
