using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>What a <see cref="TorchHook"/> saves beside the model, and when.</summary>
public sealed record TorchHookOptions
{
    /// <summary>
    /// Cadence and the rest; parts of <see cref="CheckpointHookOptions.State"/>, such as a sampler's <see cref="SeededRandom"/>, are saved
    /// beside those below. Default: the hook's defaults.
    /// </summary>
    public CheckpointHookOptions Hook { get; init; } = new();

    /// <summary>Whether the optimizer's state is saved, in the section <c>optimizer</c>. Default: yes.</summary>
    public bool IncludeOptimizer { get; init; } = true;

    /// <summary>Whether torch's random numbers are saved, in the section <c>rng</c>; see <see cref="TorchRandom"/>. Default: yes.</summary>
    public bool IncludeRng { get; init; } = true;

    /// <summary>The learning rate scheduler to save, in the section <c>schedule</c>. Default: none.</summary>
    public torch.optim.lr_scheduler.LRScheduler? Scheduler { get; init; }
}
