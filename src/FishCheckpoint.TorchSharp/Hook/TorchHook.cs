using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Stores;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// The training hook for a TorchSharp loop: a <see cref="CheckpointHook"/> that saves module, optimizer, schedule and random numbers as
/// one.
/// </summary>
/// <remarks>
/// <code>
/// using var hook = TorchHook.Attach(store, "my-task", model, optimizer, mask);
/// hook.OnStep(step, loss); // last in each step, behind the optimizer's and the scheduler's
/// </code>
/// Called from the thread that trains. Torch's modes (<c>no_grad</c>) and dispose scopes belong to a thread: a loop that awaits
/// <see cref="ResumeAsync"/> inside of one may go on with another thread, and <see cref="Resume"/> stays.
/// </remarks>
public sealed class TorchHook : IAsyncDisposable, IDisposable
{
    private readonly bool ownsModel;

    private TorchHook(CheckpointHook hook, TorchModel model, bool ownsModel) => (Hook, Model, this.ownsModel) = (hook, model, ownsModel);

    /// <summary>The hook underneath: cadence, reports, retention.</summary>
    public CheckpointHook Hook { get; }

    /// <summary>The module as the hook sees it.</summary>
    public TorchModel Model { get; }

    /// <summary>The positions that training changes now.</summary>
    public Mask Mask => Hook.Mask;

    /// <summary>Begins to watch a training run.</summary>
    /// <param name="store">Where checkpoints go: an embedded store, or a client of a server. Not disposed.</param>
    /// <param name="task">The task that they are of; it exists in the store.</param>
    /// <param name="module">The module that trains, on the layout of the mask. Not owned.</param>
    /// <param name="optimizer">
    /// What steps on it. A <see cref="TorchMaskedOptimizer"/> goes along when the mask changes; of an ordinary one the whole state is
    /// saved. Not owned.
    /// </param>
    /// <param name="mask">The positions that training changes.</param>
    /// <param name="options">Cadence and parts; <see langword="null"/> for the defaults.</param>
    /// <exception cref="FishException">The module does not have the mask's layout, see <see cref="TorchModel"/>; the optimizer's state
    /// cannot be saved, see <see cref="TorchOptimizerState"/>; or see <see cref="CheckpointHook"/>.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or two parts have one section.</exception>
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

    /// <summary>Begins to watch a training run whose model is known already, as to its optimizer.</summary>
    /// <inheritdoc cref="Attach(IFishStore, string, torch.nn.Module, torch.optim.Optimizer, Mask, TorchHookOptions)"/>
    /// <param name="store">Where checkpoints go. Not disposed.</param>
    /// <param name="task">The task that they are of; it exists in the store.</param>
    /// <param name="model">The model that trains. Not owned.</param>
    /// <param name="optimizer">What steps on it. Not owned.</param>
    /// <param name="mask">The positions that training changes.</param>
    /// <param name="options">Cadence and parts; <see langword="null"/> for the defaults.</param>
    public static TorchHook Attach(
        IFishStore store, string task, TorchModel model, torch.optim.Optimizer optimizer, Mask mask, TorchHookOptions? options = null) =>
        new(MakeHook(store, task, model, optimizer, mask, options ?? new TorchHookOptions()), model, ownsModel: false);

    /// <summary>
    /// Takes note of a finished step, and saves it when it is due. Call it last, when everything is as the next step will find it.
    /// </summary>
    /// <param name="step">The step; not negative.</param>
    /// <param name="loss">Kept with the checkpoint as its metric <c>loss</c>. Reading it off a device waits for the device.</param>
    /// <inheritdoc cref="CheckpointHook.OnStep"/>
    public StepOutcome OnStep(long step, double loss) =>
        OnStep(step, new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = loss });

    /// <inheritdoc cref="CheckpointHook.OnStep"/>
    public StepOutcome OnStep(long step, IReadOnlyDictionary<string, double>? metrics = null) => Hook.OnStep(step, metrics);

    /// <inheritdoc cref="CheckpointHook.SaveAsync"/>
    public Task<SaveReport?> SaveAsync(
        bool force = false, IReadOnlyDictionary<string, double>? metrics = null, CancellationToken cancellation = default) =>
        Hook.SaveAsync(force, metrics, cancellation);

    /// <summary>Training goes on with another mask; a <see cref="TorchMaskedOptimizer"/> is told.</summary>
    /// <inheritdoc cref="CheckpointHook.SetMask"/>
    public void SetMask(Mask mask) => Hook.SetMask(mask);

    /// <inheritdoc cref="CheckpointHook.ResumeAsync"/>
    public Task<Resumption?> ResumeAsync(StepRef? from = null, CancellationToken cancellation = default) =>
        Hook.ResumeAsync(from, cancellation);

    /// <summary>
    /// As <see cref="ResumeAsync"/>, holding the calling thread meanwhile: its torch modes and dispose scopes then hold for the loop too.
    /// </summary>
    /// <inheritdoc cref="CheckpointHook.ResumeAsync"/>
    public Resumption? Resume(StepRef? from = null) => Task.Run(() => Hook.ResumeAsync(from)).GetAwaiter().GetResult();

    /// <inheritdoc cref="CheckpointHook.CompleteAsync"/>
    public Task<SaveSummary> CompleteAsync(CancellationToken cancellation = default) => Hook.CompleteAsync(cancellation);

    /// <summary>As <see cref="DisposeAsync"/>, waiting for it.</summary>
    public void Dispose() => Task.Run(async () => await DisposeAsync()).GetAwaiter().GetResult();

    /// <summary>
    /// Waits until everything that is queued is stored, and saves nothing more; see <see cref="CheckpointHook.DisposeAsync"/>.
    /// </summary>
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

        var told = options.Hook.OnMaskChanged;
        return new CheckpointHook(store, task, mask, model, options.Hook with
        {
            State = parts,
            OnMaskChanged = changed =>
            {
                (optimizer as TorchMaskedOptimizer)?.SetMask(changed);
                told?.Invoke(changed);
            },
        });
    }
}
