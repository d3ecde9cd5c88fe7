using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>What every store that tells events does.</summary>
public class EventContract : CheckpointStoreContract
{
    private IEvents Events => Store.Events;

    [Fact]
    public async Task Follow_FromTheBeginning_TellsEverythingOnceAndInOrder()
    {
        await SaveFullAsync(1, Base.Change(1));
        await SaveFullAsync(1, Base.Change(1));
        await RefusedAsync(ErrorCode.StepTaken, () => SaveFullAsync(1, Base.Change(2)));
        await SaveFullAsync(2, Base.Change(2));
        await Store.States.PutTrainerStateAsync("task", StepRef.At(2), new MemoryStream([1, 2, 3]), Stop);
        await Store.Checkpoints.SetTagAsync("task", "good", StepRef.At(2), Stop);
        await Store.Checkpoints.SetPinAsync("task", StepRef.At(1), pinned: true, Stop);
        await Store.Checkpoints.SetPinAsync("task", StepRef.At(1), pinned: false, Stop);
        await Store.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        await SaveFullAsync(5, Base.Change(5), task: "other");
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        await Store.Checkpoints.SetTagAsync("task", "good", null, Stop);
        await Store.Tasks.DeleteAsync("task", Stop);

        await RefusedAsync(ErrorCode.TaskNotFound, () => TakeAsync("task", 0, 1));
        await Store.Tasks.PutAsync("task", new TaskSpec("base"), Stop);
        var events = await TakeAsync("task", 0, 100);
        Assert.Equal(
            [
                (TaskEventKind.Changed, null, null), (TaskEventKind.Saved, 1L, null), (TaskEventKind.Saved, 2L, null),
                (TaskEventKind.State, 2L, null), (TaskEventKind.Tagged, null, "good"),
                (TaskEventKind.Pinned, 1L, null), (TaskEventKind.Unpinned, 1L, null), (TaskEventKind.Deleted, 1L, null),
                (TaskEventKind.Untagged, null, "good"), (TaskEventKind.Deleted, (long?)null, (string?)null),
            ],
            events.Select(happened => (happened.Kind, happened.Step, happened.Tag)));
        Assert.All(events, happened => Assert.Equal("task", happened.Task));
        Assert.Equal(events.Select(happened => happened.Id).Order().Distinct(), events.Select(happened => happened.Id));
    }

    [Fact]
    public async Task Follow_FromNowOn_TellsWhatComesAndGoesOnFromTheLast()
    {
        await SaveFullAsync(1, Base.Change(1));
        var following = TakeAsync("task", null, 2);
        for (var step = 2; !following.IsCompleted; step++)
        {
            // The first of these may come before the feed has begun.
            await SaveFullAsync(step, Base.Change(step));
            await Task.WhenAny(following, Task.Delay(20, Stop));
        }

        var first = await following;
        Assert.True(first[0].Step >= 2);
        Assert.Equal(first[0].Step + 1, first[1].Step);
        await Store.Checkpoints.SetTagAsync("task", "good", StepRef.At(1), Stop);
        var rest = await TakeAsync("task", first[0].Id, 2);
        Assert.Equal(first[1], rest[0]);
        var tagged = (await TakeAsync("task", (await LastSavedAsync(first[0].Id)).Id, 1))[0];
        Assert.Equal((TaskEventKind.Tagged, 1L, "good"), (tagged.Kind, tagged.Step, tagged.Tag));
    }

    [Fact]
    public async Task Follow_FromAnIdThatWasNeverGiven_BeginsAgain()
    {
        await SaveFullAsync(1, Base.Change(1));
        var events = await TakeAsync("task", 1_000_000, 1);
        Assert.Equal(TaskEventKind.Reset, events[0].Kind);
        var following = TakeAsync("task", events[0].Id, 1);
        await SaveFullAsync(2, Base.Change(2));
        Assert.Equal(2L, (await following)[0].Step);
    }

    [Fact]
    public async Task Follow_Folding_IsReportedAndCancelled()
    {
        var model = Base;
        for (var step = 1; step <= 8; step++)
        {
            model = model.Change(step, 0.05);
            await SaveFullAsync(step, model, new SaveOptions { Parent = ParentChoice.Previous });
        }

        var last = await LastSavedAsync(0);
        Assert.True((await Store.Maintenance.FoldAsync(new FoldOptions { MaxReadCost = 1.1 }, Stop)).Folded > 0);
        Assert.Equal(TaskEventKind.Folded, (await TakeAsync("task", last.Id, 1))[0].Kind);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var waiting = TakeUntilAsync("task", null, 1, end.Token);
        end.CancelAfter(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private async Task<TaskEvent> LastSavedAsync(long after)
    {
        var highest = (await Store.Checkpoints.GetAsync("task", StepRef.Latest, Stop)).Step;
        await foreach (var happened in Events.FollowAsync("task", after, Stop))
        {
            if (happened.Kind == TaskEventKind.Saved && happened.Step == highest)
            {
                return happened;
            }
        }

        throw new InvalidOperationException("The events ended.");
    }

    private Task<List<TaskEvent>> TakeAsync(string task, long? after, int count) => TakeUntilAsync(task, after, count, Stop);

    private async Task<List<TaskEvent>> TakeUntilAsync(string task, long? after, int count, CancellationToken cancellation)
    {
        var events = new List<TaskEvent>();
        await foreach (var happened in Events.FollowAsync(task, after, cancellation))
        {
            events.Add(happened);
            if (events.Count == count)
            {
                break;
            }
        }

        return events;
    }
}
