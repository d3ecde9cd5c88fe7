using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Stores;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// The training hook for a TorchSharp loop: a <see cref="CheckpointHook"/> that saves module, optimizer, schedule and random numbers
/// together.
/// </summary>
/// <remarks>
/// <code> using var hook = TorchHook.Attach(store, "my-task", model, optimizer, mask); hook.OnStep(step, loss); // last in each step, after
/// the optimizer and the scheduler </code> Call it on the training thread. Torch's modes (<c>no_grad</c>) and dispose scopes belong to a
/// thread: a loop that awaits <see cref="ResumeAsync"/> inside one may continue on another thread; <see cref="Resume"/> stays on its
/// thread.
/// </remarks>
public sealed class TorchHook : IAsyncDisposable, IDisposable
{
    private readonly bool ownsModel;

    private TorchHook(CheckpointHook hook, TorchModel model, bool ownsModel) => (Hook, Model, this.ownsModel) = (hook, model, ownsModel);

    /// <summary>The inner hook: cadence, reports, retention.</summary>
    public CheckpointHook Hook { get; }

    /// <summary>The module as the hook's model.</summary>
    public TorchModel Model { get; }

    /// <summary>The positions that training changes now.</summary>
    public Mask Mask => Hook.Mask;

    /// <summary>Starts saving a training run.</summary>
    /// <param name="store">The store for checkpoints: an embedded store or a client for a server. Not disposed.</param>
    /// <param name="task">The checkpoints' task; it exists in the store.</param>
    /// <param name="module">The trained module, on the mask's layout. Not owned.</param>
    /// <param name="optimizer">Its optimizer. A <see cref="TorchMaskedOptimizer"/> follows changes of the mask; of an ordinary one the
    /// whole state is saved. Not owned.</param>
    /// <param name="mask">The positions that training changes.</param>
    /// <param name="options">Cadence and parts of the trainer state; <see langword="null"/> for the defaults.</param>
    /// <exception cref="FishException">The module does not have the mask's layout, see <see cref="TorchModel"/>; the optimizer's state
    /// cannot be saved, see <see cref="TorchOptimizerState"/>; or see <see cref="CheckpointHook"/>.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or two parts have one section.</exception>
    public static TorchHook Attach(
        IFishStore store, string task, torch.nn.Module module, torch.optim.Optimizer optimizer, Mask mask, TorchHookOptions? options = null)
    {
        var model = new TorchModel(module, mask.Layout);
        try
        {
            return new TorchHook(MakeHook(store, task, model, optimizer, mask, options ?? new TorchHookOptions()), model, ownsModel: true);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Starts saving a training run of an existing model, such as a masked optimizer's.</summary>
    /// <inheritdoc cref="Attach(IFishStore, string, torch.nn.Module, torch.optim.Optimizer, Mask, TorchHookOptions)"/>
    /// <param name="store">The store for checkpoints. Not disposed.</param>
    /// <param name="task">The checkpoints' task; it exists in the store.</param>
    /// <param name="model">The trained model. Not owned.</param>
    /// <param name="optimizer">Its optimizer. Not owned.</param>
    /// <param name="mask">The positions that training changes.</param>
    /// <param name="options">Cadence and parts of the trainer state; <see langword="null"/> for the defaults.</param>
    public static TorchHook Attach(
        IFishStore store, string task, TorchModel model, torch.optim.Optimizer optimizer, Mask mask, TorchHookOptions? options = null) =>
        new(MakeHook(store, task, model, optimizer, mask, options ?? new TorchHookOptions()), model, ownsModel: false);

    /// <summary>
    /// Records a finished step, and saves it if it is due. Call it last in the step, when everything is ready for the next one.
    /// </summary>
    /// <param name="step">The step; not negative.</param>
    /// <param name="loss">Stored with the checkpoint as its metric <c>loss</c>. Reading it from a device waits for the device.</param>
    /// <inheritdoc cref="CheckpointHook.OnStep"/>
    public StepOutcome OnStep(long step, double loss) =>
        OnStep(step, new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = loss });

    /// <inheritdoc cref="CheckpointHook.OnStep"/>
    public StepOutcome OnStep(long step, IReadOnlyDictionary<string, double>? metrics = null) => Hook.OnStep(step, metrics);

    /// <inheritdoc cref="CheckpointHook.SaveAsync"/>
    public Task<SaveReport?> SaveAsync(
        bool force = false, IReadOnlyDictionary<string, double>? metrics = null, CancellationToken cancellation = default) =>
        Hook.SaveAsync(force, metrics, cancellation);

    /// <summary>Continues with another mask, also in a <see cref="TorchMaskedOptimizer"/>.</summary>
    /// <inheritdoc cref="CheckpointHook.SetMask"/>
    public void SetMask(Mask mask) => Hook.SetMask(mask);

    /// <inheritdoc cref="CheckpointHook.ResumeAsync"/>
    public Task<Resumption?> ResumeAsync(StepRef? from = null, CancellationToken cancellation = default) =>
        Hook.ResumeAsync(from, cancellation);

    /// <summary>
    /// As <see cref="ResumeAsync"/>, on the calling thread, so that its torch modes and dispose scopes also apply to the loop.
    /// </summary>
    /// <inheritdoc cref="CheckpointHook.ResumeAsync"/>
    public Resumption? Resume(StepRef? from = null) => Task.Run(() => Hook.ResumeAsync(from)).GetAwaiter().GetResult();

    /// <inheritdoc cref="CheckpointHook.CompleteAsync"/>
    public Task<SaveSummary> CompleteAsync(CancellationToken cancellation = default) => Hook.CompleteAsync(cancellation);

    /// <summary>As <see cref="DisposeAsync"/>, and waits for it.</summary>
    public void Dispose() => Task.Run(async () => await DisposeAsync()).GetAwaiter().GetResult();

    /// <summary>Waits until all queued saves are stored; see <see cref="CheckpointHook.DisposeAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await Hook.DisposeAsync();
        if (ownsModel)
        {
            Model.Dispose();
        }
    }

    private static CheckpointHook MakeHook(
        IFishStore store, string task, TorchModel model, torch.optim.Optimizer optimizer, Mask mask, TorchHookOptions options)
    {
        var parts = new Dictionary<string, IResumable>(options.Hook.State, StringComparer.Ordinal);
        if (options.IncludeOptimizer)
        {
            parts.Add("optimizer", optimizer as IResumable ?? new TorchOptimizerState(model, optimizer));
        }

        if (options.Scheduler is not null)
        {
            parts.Add("schedule", new TorchSchedule(options.Scheduler, optimizer));
        }

        if (options.IncludeRng)
        {
            parts.Add("rng", new TorchRandom());
        }

        var onMaskChanged = options.Hook.OnMaskChanged;
        return new CheckpointHook(store, task, mask, model, options.Hook with
        {
            State = parts,
            OnMaskChanged = changed =>
            {
                (optimizer as TorchMaskedOptimizer)?.SetMask(changed);
                onMaskChanged?.Invoke(changed);
            },
        });
    }
}
