using FishCheckpoint.Checkpoints;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>When a <see cref="CheckpointHook"/> saves, what it saves, and what it does about trouble.</summary>
public sealed record CheckpointHookOptions
{
    /// <summary>
    /// Saves every step that is a multiple of this; 0 leaves steps to <see cref="SaveEvery"/> and <see cref="CheckpointHook.SaveAsync"/>.
    /// Default: 100.
    /// </summary>
    public long SaveEverySteps { get; init; } = 100;

    /// <summary>Saves the first step after so much time without a save, beside <see cref="SaveEverySteps"/>. Default: never.</summary>
    public TimeSpan? SaveEvery { get; init; }

    /// <summary>Whether <see cref="CheckpointHook.CompleteAsync"/> saves the last step if it is not saved yet. Default: yes.</summary>
    public bool SaveAtEnd { get; init; } = true;

    /// <summary>
    /// Whether SIGTERM and Ctrl-C let the step in progress end, save it, and then stop; a second one stops at once. Default: yes.
    /// </summary>
    public bool SaveOnStop { get; init; } = true;

    /// <summary>
    /// Whether the process exits (with 128 + the signal's number) when <see cref="SaveOnStop"/> has saved; otherwise
    /// <see cref="CheckpointHook.OnStep"/> answers <see cref="StepOutcome.Stopped"/>, and the loop is to end: in a host by
    /// <c>IHostApplicationLifetime.StopApplication()</c>. Default: yes.
    /// </summary>
    public bool ExitOnStop { get; init; } = true;

    /// <summary>
    /// Whether disposing a hook that was not completed, as when an exception leaves its <c>using</c>, saves the last step if it is not
    /// saved yet; only where <see cref="SaveAtEnd"/> is on. The values are those of that moment. Default: yes.
    /// </summary>
    public bool SaveOnError { get; init; } = true;

    /// <summary>What a due step does while the saver is busy. Default: <see cref="BusyPolicy.Skip"/>.</summary>
    public BusyPolicy Busy { get; init; } = BusyPolicy.Skip;

    /// <summary>
    /// How many copies of the masked values may wait in memory, the one being saved included; at least 1. The saver is busy when that
    /// number is reached. The best step by <see cref="Monitor"/> takes one more where none is free. Default: 2.
    /// </summary>
    public int QueueCapacity { get; init; } = 2;

    /// <summary>
    /// The base that the trainer started from; a task of another one refuses the saves (BASE_MISMATCH). Default: not checked.
    /// </summary>
    public Digest? ExpectedBase { get; init; }

    /// <summary>
    /// Name or id of the base that training starts from. The task is made on it where it is not there yet, with <see cref="OwnTensors"/>;
    /// one of another base is refused (BASE_MISMATCH). Default: the task is there.
    /// </summary>
    public string? Base { get; init; }

    /// <summary>
    /// Names or patterns (<c>classifier.*</c>) of tensors that the base has not, or in another shape or dtype: a new head. They begin as
    /// zeros in the store, and are saved whole; a tensor of these names that only the base has is none of the task's. Used when the hook
    /// makes the task on <see cref="Base"/>. Default: none.
    /// </summary>
    public IReadOnlyList<string> OwnTensors { get; init; } = [];

    /// <summary>
    /// Whether a run that did not resume may add its steps to a task that has some already: they have to come above those. Default: such a
    /// run is refused (RUN_TAKEN).
    /// </summary>
    public bool NewRun { get; init; }

    /// <summary>
    /// Whether a step that is taken by other content is replaced, as by <see cref="SaveOptions.Overwrite"/>. Default: it is refused
    /// (STEP_TAKEN), and the next <see cref="CheckpointHook.OnStep"/> throws; and a run may neither begin in a task that has steps nor
    /// resume before some of them (RUN_TAKEN).
    /// </summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// The checkpoint of another task that the run starts from: <c>TaskStart.Parse("TASK:STEP")</c>. The task is made on it where it is not
    /// there yet; one that starts from something else is refused (TASK_TAKEN). <see cref="CheckpointHook.ResumeAsync"/> puts the model to
    /// it while the task has no checkpoint of its own. Default: the task is there, and starts from what it was made with.
    /// </summary>
    public BranchPoint? From { get; init; }

    /// <summary>
    /// Tensors that are saved whole with every checkpoint, because they change outside of any mask. Default: the statistics and counters of
    /// batch normalization, <see cref="IsBuffer"/>.
    /// </summary>
    public Func<TensorInfo, bool> Buffers { get; init; } = IsBuffer;

    /// <summary>
    /// What resuming needs beside the model, by the name of its section: optimizer, random numbers, schedule, sampler. Saved in one
    /// transaction with the checkpoint. Default: nothing.
    /// </summary>
    public IReadOnlyDictionary<string, IResumable> State { get; init; } = new Dictionary<string, IResumable>(StringComparer.Ordinal);

    /// <summary>
    /// Files beside the model that each checkpoint has of its own, such as <c>SideFile.InFolder("run")</c>. They are read with each save,
    /// and a client sends only those that the server does not have of this task. Default: none; the base's are served.
    /// </summary>
    public IReadOnlyList<SideFile> SideFiles { get; init; } = [];

    /// <summary>
    /// Keep the newest checkpoints, this many. The hook deletes what no rule keeps; the latest, the best and tagged ones are always safe.
    /// Default: all.
    /// </summary>
    public int? KeepLast { get; init; }

    /// <summary>Keep the checkpoints whose step is a multiple of this. Default: no such rule.</summary>
    public long? KeepEvery { get; init; }

    /// <summary>Keep the best checkpoints by <see cref="Monitor"/>, this many. Default: no such rule.</summary>
    public int? KeepBest { get; init; }

    /// <summary>The metric that <c>best</c> goes by, as given to <see cref="CheckpointHook.OnStep"/>. Default: none.</summary>
    public string? Monitor { get; init; }

    /// <summary><c>min</c> or <c>max</c>: which values of <see cref="Monitor"/> are better. Default: <c>min</c>.</summary>
    public string Mode { get; init; } = "min";

    /// <summary>Asks <see cref="MaskSource"/> for a new mask after so many saves; 0 keeps the mask. Default: 0.</summary>
    public int RecomputeMaskEverySaves { get; init; }

    /// <summary>Gives the mask that training goes on with; called on the training thread, right after a save was copied.</summary>
    public Func<Mask>? MaskSource { get; init; }

    /// <summary>
    /// Told each mask that training goes on with, when it changes and when training resumes: to give it to the optimizer. Called on the
    /// training thread.
    /// </summary>
    public Action<Mask>? OnMaskChanged { get; init; }

    /// <summary>Checks for leaks with every so many saves, and always with the first; 0 checks the first only. Default: 0.</summary>
    public int LeakCheckEverySaves { get; init; }

    /// <summary>What to do about values that changed outside of the mask. Default: <see cref="LeakPolicy.Warn"/>.</summary>
    public LeakPolicy OnLeak { get; init; } = LeakPolicy.Warn;

    /// <summary>
    /// How long saves are still tried again after <see cref="CheckpointHook.CompleteAsync"/> is called, when the store is out of reach;
    /// before, they are tried until it is back. What the store itself fails at, as with a full disk or an answer of 500, is tried again for
    /// so long at any time, and then is a failure of that save. So long, too, <see cref="CheckpointHook.SaveAsync"/>,
    /// <see cref="CheckpointHook.ResumeAsync"/> and <see cref="BusyPolicy.Wait"/> wait for a store that is out of reach. Default: one
    /// minute.
    /// </summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The longest pause before the first new try; it doubles up to 30 seconds (<see cref="Errors.Backoff"/>). Default: 0.2 seconds.
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Called with each report, on the background task and one at a time; what it throws counts as a failure of the hook. Default: nothing.
    /// </summary>
    public Action<SaveReport>? OnReport { get; init; }

    /// <summary>
    /// Told what goes wrong without ending training: leaks, damaged checkpoints, a store out of reach. Default: a line on the standard
    /// error.
    /// </summary>
    public Action<string> OnWarning { get; init; } = message => Console.Error.WriteLine($"fish: {message}");

    /// <summary>A file that gets one line of JSON for each save; appended to. Default: none.</summary>
    public string? LogFile { get; init; }

    /// <summary>
    /// Whether <see cref="CheckpointHook.CompleteAsync"/> throws what failed. Either way training goes on, and the reports tell. Default:
    /// yes.
    /// </summary>
    public bool ThrowOnComplete { get; init; } = true;

    /// <summary>The clock that stalls and <see cref="SaveEvery"/> are measured with. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    internal Retention? Retention => KeepLast is null && KeepEvery is null && KeepBest is null && Monitor is null
        ? null : new Retention(KeepLast, KeepEvery, KeepBest, Monitor, Mode);

    /// <summary>
    /// Whether a tensor is called as batch normalization calls its statistics and counters: <c>running_mean</c>, <c>running_var</c>,
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
        Require(!State.ContainsKey(HookState.Section), nameof(State), $"The section '{HookState.Section}' is the hook's own.");
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
