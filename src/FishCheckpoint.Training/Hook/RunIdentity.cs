using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Training;

/// <summary>
/// Which run this is: two runs never mix in a task unless the options ask for it. Safe for use by the training thread and the saver at
/// once.
/// </summary>
internal sealed class RunIdentity(ICheckpoints saved, string task, CheckpointHookOptions options)
{
    private const string Key = "run";

    private volatile Resumed? resumed;
    private volatile string id = Guid.NewGuid().ToString("N");

    /// <summary>
    /// The id in the metadata of each checkpoint. Random; a resumed run takes the id of the run that it goes on with, and keeps its own
    /// where it goes back before steps that are there.
    /// </summary>
    public string Id => id;

    /// <summary>What a checkpoint of this run says of it.</summary>
    public IReadOnlyDictionary<string, string> Metadata => new Dictionary<string, string>(StringComparer.Ordinal) { [Key] = id };

    /// <summary>The run that saved a checkpoint; <see langword="null"/> if it does not say.</summary>
    public static string? Of(CheckpointInfo checkpoint) => checkpoint.Metadata.GetValueOrDefault(Key);

    /// <summary>
    /// The steps of a task in the order in which a run resumes from them. A run that went back, or began anew, saves below steps of the run
    /// before it: the run that saved last goes on.
    /// </summary>
    public static IEnumerable<long> NewestFirst(IReadOnlyList<CheckpointInfo> checkpoints)
    {
        var all = checkpoints.OrderByDescending(checkpoint => checkpoint.Step).ToList();
        var last = all.Where(checkpoint => Of(checkpoint) is not null).MaxBy(checkpoint => (checkpoint.Created, checkpoint.Step));
        if (last is null || Of(all[0]) is not { } newest || newest == Of(last))
        {
            return all.Select(checkpoint => checkpoint.Step);
        }

        var own = all.Where(checkpoint => Of(checkpoint) == Of(last)).Select(checkpoint => checkpoint.Step).ToList();
        return [.. own, .. all.Select(checkpoint => checkpoint.Step).Where(step => step < own[^1])];
    }

    /// <summary>Training goes on from a checkpoint of the task, or knows that there is none.</summary>
    /// <param name="from">The checkpoint; <see langword="null"/>: there was none.</param>
    /// <param name="later">The last step after it that can be read; <see langword="null"/>: there is none.</param>
    public void Resume(CheckpointInfo? from, long? later)
    {
        resumed = new Resumed(from?.Step, later);
        id = from is null || later is not null ? id : Of(from) ?? id;
    }

    /// <summary>Refuses a task that has the checkpoints of another run, which this one did not resume.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RunTaken"/>.</exception>
    public void RequireOwn(OpenedTask opened)
    {
        if (opened.Latest is { } latest && resumed is null && !options.NewRun && !options.Overwrite)
        {
            throw new FishException(
                ErrorCode.RunTaken, task,
                $"The task has the checkpoints of another run, up to step {latest}, and this one did not resume it.",
                "Call ResumeAsync before the first step, train to a task of another name, or set NewRun (another run, whose steps come "
                + $"above {latest}) or Overwrite (steps that are taken are replaced).");
        }
    }

    /// <summary>Refuses a step that the run may not save, by what is known of the task; asks nobody.</summary>
    /// <param name="step">The step.</param>
    /// <param name="opened">The task; <see langword="null"/> as long as the store was not reached.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RunTaken"/>, <see cref="ErrorCode.StepTaken"/>.</exception>
    public void RequireStep(long step, OpenedTask? opened)
    {
        if (options.Overwrite)
        {
            return;
        }

        if (resumed is { Later: { } later, From: var from })
        {
            throw new FishException(
                ErrorCode.RunTaken, task, $"The run was resumed from step {from}, and the task has later steps, up to {later}.",
                $"Resume from the newest step, go on in a task of another name with From = TaskStart.Parse(\"{task}:{from}\"), or set "
                + "Overwrite: steps that come again are replaced then.");
        }

        if (resumed?.From is { } last && step <= last)
        {
            throw new FishException(
                ErrorCode.StepTaken, $"{task}/{step}", $"The run was resumed from step {last}, and step {step} is not after it.",
                "Count on from the step that ResumeAsync has returned.");
        }

        if (resumed is null && opened?.Latest is { } latest && step <= latest && options.NewRun)
        {
            throw new FishException(
                ErrorCode.RunTaken, $"{task}/{step}", $"The task has checkpoints up to step {latest}, and the new run is at step {step}.",
                $"Count the new run's steps from {latest + 1}, train to a task of another name, or set Overwrite.");
        }
    }

    /// <summary>Asks the store whether another run has begun to save to the task meanwhile.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RunTaken"/>.</exception>
    public async Task RequireAloneAsync(OpenedTask opened)
    {
        if (options.Overwrite || await HookTask.NewestAsync(saved, task) is not { } newest || newest.Step <= opened.Latest)
        {
            return;
        }

        if (Of(newest) is { } other && other != id)
        {
            throw new FishException(
                ErrorCode.RunTaken, task, $"Another run saves to the task: step {newest.Step} is of the run {other}, this one is {id}.",
                "Let one run save to a task at a time. Resume from its newest step, train to a task of another name, or set NewRun or "
                + "Overwrite.");
        }
    }

    private sealed record Resumed(long? From, long? Later);
}
