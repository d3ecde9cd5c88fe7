using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Training;

/// <summary>
/// The identity of the run: two runs never mix in a task unless the options allow it. Safe for use by the training thread and the saver at
/// once.
/// </summary>
internal sealed class RunIdentity(ICheckpoints saved, string task, CheckpointHookOptions options)
{
    private const string Key = "run";

    private volatile Resumed? resumed;
    private volatile string id = Guid.NewGuid().ToString("N");

    /// <summary>
    /// The run id in the metadata of each checkpoint. It is random; a resumed run takes the id of the run that it continues, but keeps its
    /// own if later steps exist.
    /// </summary>
    public string Id => id;

    /// <summary>The metadata of this run's checkpoints.</summary>
    public IReadOnlyDictionary<string, string> Metadata => new Dictionary<string, string>(StringComparer.Ordinal) { [Key] = id };

    /// <summary>The run that saved a checkpoint; <see langword="null"/> if its metadata has no run id.</summary>
    public static string? Of(CheckpointInfo checkpoint) => checkpoint.Metadata.GetValueOrDefault(Key);

    /// <summary>
    /// The steps of a task in the order in which a resume tries them. A run that went back or started over saves below steps of the earlier
    /// run; the run that saved last comes first.
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

    /// <summary>Records that training resumes from a checkpoint of the task, or that there is none.</summary>
    /// <param name="from">The checkpoint; <see langword="null"/>: there was none.</param>
    /// <param name="later">The last readable step after it; <see langword="null"/>: none.</param>
    public void Resume(CheckpointInfo? from, long? later)
    {
        resumed = new Resumed(from?.Step, later);
        id = from is null || later is not null ? id : Of(from) ?? id;
    }

    /// <summary>Refuses a task with checkpoints of another run that this one did not resume.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RunTaken"/>.</exception>
    public void RequireOwn(OpenedTask opened)
    {
        if (opened.Latest is { } latest && resumed is null && !options.NewRun && !options.Overwrite)
        {
            throw new FishException(
                ErrorCode.RunTaken, task,
                $"The task has the checkpoints of another run, up to step {latest}, and this one did not resume it.",
                "Call ResumeAsync before the first step, train to another task, or set NewRun (another run with steps "
                + $"above {latest}) or Overwrite (existing steps are replaced).");
        }
    }

    /// <summary>Refuses a step that the run may not save, without asking the store.</summary>
    /// <param name="step">The step.</param>
    /// <param name="opened">The task; <see langword="null"/> until the store was reached.</param>
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
                $"Resume from the newest step, continue in another task with From = TaskStart.Parse(\"{task}:{from}\"), or set "
                + "Overwrite to replace the later steps.");
        }

        if (resumed?.From is { } last && step <= last)
        {
            throw new FishException(
                ErrorCode.StepTaken, $"{task}/{step}", $"The run was resumed from step {last}, and step {step} is not after it.",
                "Continue from the step that ResumeAsync returned.");
        }

        if (resumed is null && opened?.Latest is { } latest && step <= latest && options.NewRun)
        {
            throw new FishException(
                ErrorCode.RunTaken, $"{task}/{step}", $"The task has checkpoints up to step {latest}, and the new run is at step {step}.",
                $"Start the new run's steps at {latest + 1}, train to another task, or set Overwrite.");
        }
    }

    /// <summary>Asks the store whether another run has saved to the task meanwhile.</summary>
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
                ErrorCode.RunTaken, task,
                $"Another run saves to the task: step {newest.Step} belongs to the run {other}; this run is {id}.",
                "Let one run save to a task at a time. Resume from its newest step, train to another task, or set NewRun or "
                + "Overwrite.");
        }
    }

    private sealed record Resumed(long? From, long? Later);
}
