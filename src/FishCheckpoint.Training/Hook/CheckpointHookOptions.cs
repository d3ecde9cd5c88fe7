using FishCheckpoint.Checkpoints;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>When a <see cref="CheckpointHook"/> saves, what it saves, and how it handles errors.</summary>
public sealed record CheckpointHookOptions
{
    /// <summary>
    /// Saves every step that is a multiple of this; 0 leaves the choice to <see cref="SaveEvery"/> and
    /// <see cref="CheckpointHook.SaveAsync"/>. Default: 100.
    /// </summary>
    public long SaveEverySteps { get; init; } = 100;

    /// <summary>Saves the first step after this time without a save, in addition to <see cref="SaveEverySteps"/>. Default: never.</summary>
    public TimeSpan? SaveEvery { get; init; }

    /// <summary>Whether <see cref="CheckpointHook.CompleteAsync"/> saves the last step if it is not saved yet. Default: yes.</summary>
    public bool SaveAtEnd { get; init; } = true;

    /// <summary>
    /// Whether SIGTERM and Ctrl-C finish the running step, save it and then stop; a second signal stops at once. Default: yes.
    /// </summary>
    public bool SaveOnStop { get; init; } = true;

    /// <summary>
    /// Whether the process exits (with 128 + the signal's number) when <see cref="SaveOnStop"/> has saved; otherwise
    /// <see cref="CheckpointHook.OnStep"/> returns <see cref="StepOutcome.Stopped"/>, and the loop must end: in a host by
    /// <c>IHostApplicationLifetime.StopApplication()</c>. Default: yes.
    /// </summary>
    public bool ExitOnStop { get; init; } = true;

    /// <summary>
    /// Whether disposing an uncompleted hook, as when an exception leaves its <c>using</c>, saves the last step if it is not saved yet. It
    /// saves the values of that moment, and only if <see cref="SaveAtEnd"/> is on. Default: yes.
    /// </summary>
    public bool SaveOnError { get; init; } = true;

    /// <summary>What happens to a due step while all slots are in use. Default: <see cref="BusyPolicy.Skip"/>.</summary>
    public BusyPolicy Busy { get; init; } = BusyPolicy.Skip;

    /// <summary>
    /// The largest number of copies of the masked values in memory, including the one being saved; at least 1. The best step by
    /// <see cref="Monitor"/> may take one more. Default: 2.
    /// </summary>
    public int QueueCapacity { get; init; } = 2;

    /// <summary>
    /// The base that the trainer started from; a task on another base refuses the saves (BASE_MISMATCH). Default: not checked.
    /// </summary>
    public Digest? ExpectedBase { get; init; }

    /// <summary>
    /// Name or id of the base that training starts from. The hook creates a missing task on it, with <see cref="OwnTensors"/>; a task on
    /// another base is refused (BASE_MISMATCH). Default: the task must exist.
    /// </summary>
    public string? Base { get; init; }

    /// <summary>
    /// Names or patterns (<c>classifier.*</c>) of tensors that the base does not have, or has in another shape or dtype: a new head. They
    /// start as zeros in the store and are saved whole. A matching tensor that only the base has is left out of the task. Used when the
    /// hook creates the task on <see cref="Base"/>. Default: none.
    /// </summary>
    public IReadOnlyList<string> OwnTensors { get; init; } = [];

    /// <summary>
    /// Whether a run that did not resume may add steps above the existing steps of a task. Default: such a run is refused (RUN_TAKEN).
    /// </summary>
    public bool NewRun { get; init; }

    /// <summary>
    /// Whether to replace a step with other content, like <see cref="SaveOptions.Overwrite"/>. Default: the step is refused (STEP_TAKEN),
    /// the next <see cref="CheckpointHook.OnStep"/> throws, and a run may neither begin in a task that has steps nor resume before some of
    /// them (RUN_TAKEN).
    /// </summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// The checkpoint of another task that the run starts from: <c>TaskStart.Parse("TASK:STEP")</c>. The hook creates a missing task as a
    /// branch of it; a task with another start is refused (TASK_TAKEN). <see cref="CheckpointHook.ResumeAsync"/> restores its values while
    /// the task has no checkpoint of its own. Default: the task must exist.
    /// </summary>
    public BranchPoint? From { get; init; }

    /// <summary>
    /// Tensors that every checkpoint saves whole, because they change outside the mask. Default: the statistics and counters of batch
    /// normalization, <see cref="IsBuffer"/>.
    /// </summary>
    public Func<TensorInfo, bool> Buffers { get; init; } = IsBuffer;

    /// <summary>
    /// Parts of the trainer state, by section name: optimizer, random numbers, schedule, sampler. Saved in one transaction with the
    /// checkpoint. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, IResumable> State { get; init; } = new Dictionary<string, IResumable>(StringComparer.Ordinal);

    /// <summary>
    /// Files beside the model that belong to each checkpoint, such as <c>SideFile.InFolder("run")</c>. Each save reads them, and a client
    /// sends only those that the server does not have for this task. Default: none; the base's files are served.
    /// </summary>
    public IReadOnlyList<SideFile> SideFiles { get; init; } = [];

    /// <summary>
    /// How many of the newest checkpoints to keep. The hook deletes checkpoints that no rule keeps; the latest, the best and tagged ones
    /// are always safe. Default: all.
    /// </summary>
    public int? KeepLast { get; init; }

    /// <summary>Keeps the checkpoints whose step is a multiple of this. Default: no such rule.</summary>
    public long? KeepEvery { get; init; }

    /// <summary>How many of the best checkpoints by <see cref="Monitor"/> to keep. Default: no such rule.</summary>
    public int? KeepBest { get; init; }

    /// <summary>The metric that defines <c>best</c>, as given to <see cref="CheckpointHook.OnStep"/>. Default: none.</summary>
    public string? Monitor { get; init; }

    /// <summary><c>min</c> or <c>max</c>: which values of <see cref="Monitor"/> are better. Default: <c>min</c>.</summary>
    public string Mode { get; init; } = "min";

    /// <summary>Asks <see cref="MaskSource"/> for a new mask after every this many saves; 0 keeps the mask. Default: 0.</summary>
    public int RecomputeMaskEverySaves { get; init; }

    /// <summary>Gives the mask to continue with; called on the training thread right after a step was copied.</summary>
    public Func<Mask>? MaskSource { get; init; }

    /// <summary>
    /// Called with each new mask, when it changes and when training resumes, so that the optimizer can take it. Called on the training
    /// thread.
    /// </summary>
    public Action<Mask>? OnMaskChanged { get; init; }

    /// <summary>Checks for leaks with the first save and every this many saves; 0 checks only the first. Default: 0.</summary>
    public int LeakCheckEverySaves { get; init; }

    /// <summary>What to do about values that changed outside the mask. Default: <see cref="LeakPolicy.Warn"/>.</summary>
    public LeakPolicy OnLeak { get; init; } = LeakPolicy.Warn;

    /// <summary>
    /// How long saves are retried after <see cref="CheckpointHook.CompleteAsync"/> is called while the store is unreachable; during
    /// training they are retried without end. A failure of the store itself, such as a full disk or status 500, is retried for this long at
    /// any time and then fails the save. <see cref="CheckpointHook.SaveAsync"/>, <see cref="CheckpointHook.ResumeAsync"/> and
    /// <see cref="BusyPolicy.Wait"/> also wait this long for an unreachable store. Default: one minute.
    /// </summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The longest delay before the first retry; it doubles up to 30 seconds (<see cref="Errors.Backoff"/>). Default: 0.2 seconds.
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Called with each report, on the background task and one at a time; an exception from it counts as a failure of the hook. Default:
    /// nothing.
    /// </summary>
    public Action<SaveReport>? OnReport { get; init; }

    /// <summary>
    /// Called with problems that do not end training: leaks, damaged checkpoints, an unreachable store. Default: prints a line to standard
    /// error.
    /// </summary>
    public Action<string> OnWarning { get; init; } = message => Console.Error.WriteLine($"fish: {message}");

    /// <summary>A file to which each save appends one line of JSON. Default: none.</summary>
    public string? LogFile { get; init; }

    /// <summary>
    /// Whether <see cref="CheckpointHook.CompleteAsync"/> throws errors of saves. Training and reports are the same either way. Default:
    /// yes.
    /// </summary>
    public bool ThrowOnComplete { get; init; } = true;

    /// <summary>The clock for stalls and <see cref="SaveEvery"/>. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    internal Retention? Retention => KeepLast is null && KeepEvery is null && KeepBest is null && Monitor is null
        ? null : new Retention(KeepLast, KeepEvery, KeepBest, Monitor, Mode);

    /// <summary>
    /// Whether a tensor's name is one of batch normalization's statistics and counters: <c>running_mean</c>, <c>running_var</c>,
    /// <c>num_batches_tracked</c>.
    /// </summary>
    public static bool IsBuffer(TensorInfo tensor) =>
        tensor.Name[(tensor.Name.LastIndexOf('.') + 1)..] is "running_mean" or "running_var" or "num_batches_tracked";

    internal bool IsOwn(TensorInfo tensor) => OwnTensors.Any(pattern =>
        NamePattern.Matches(pattern, tensor.Name) || NamePattern.Matches(pattern, TensorNames.Bare(tensor.Name)));

    internal CheckpointHookOptions Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(SaveEverySteps);
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SaveEvery ?? TimeSpan.MaxValue, TimeSpan.FromTicks(1), nameof(SaveEvery));
        ArgumentOutOfRangeException.ThrowIfLessThan(KeepLast ?? 1, 1, nameof(KeepLast));
        ArgumentOutOfRangeException.ThrowIfLessThan(KeepEvery ?? 1, 1, nameof(KeepEvery));
        ArgumentOutOfRangeException.ThrowIfLessThan(KeepBest ?? 1, 1, nameof(KeepBest));
        ArgumentOutOfRangeException.ThrowIfNegative(RecomputeMaskEverySaves);
        ArgumentOutOfRangeException.ThrowIfNegative(LeakCheckEverySaves);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryFor, TimeSpan.Zero);
        Require(Mode is "min" or "max", nameof(Mode), "The mode is 'min' or 'max'.");
        Require(KeepBest is null || Monitor is not null, nameof(Monitor), "Keeping the best needs a metric to monitor.");
        Require(
            RecomputeMaskEverySaves == 0 || MaskSource is not null, nameof(MaskSource), "Recomputing the mask needs a source of masks.");
        Require(From is null || Base is null, nameof(Base), "A task starts from a base or from another task's checkpoint, not from both.");
        Require(!State.ContainsKey(HookState.Section), nameof(State), $"The section '{HookState.Section}' is reserved for the hook.");
        FolderNames.CheckAll(SideFiles.Select(file => file.Name));
        foreach (var file in SideFiles)
        {
            PositionalFile.OpenInput(file.Path).Dispose();
        }

        return this;
    }

    private static void Require(bool holds, string option, string cause)
    {
        if (!holds)
        {
            throw new ArgumentException(cause, option);
        }
    }
}
