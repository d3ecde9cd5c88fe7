using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>What a <see cref="TorchHook"/> saves besides the model, and when.</summary>
public sealed record TorchHookOptions
{
    /// <summary>
    /// Cadence and other options of the hook; its parts of <see cref="CheckpointHookOptions.State"/>, such as a sampler's
    /// <see cref="SeededRandom"/>, are saved with those below. Default: the hook's defaults.
    /// </summary>
    public CheckpointHookOptions Hook { get; init; } = new();

    /// <summary>Whether to save the optimizer's state, in the section <c>optimizer</c>. Default: yes.</summary>
    public bool IncludeOptimizer { get; init; } = true;

    /// <summary>Whether to save torch's random numbers, in the section <c>rng</c>; see <see cref="TorchRandom"/>. Default: yes.</summary>
    public bool IncludeRng { get; init; } = true;

    /// <summary>The learning rate scheduler to save, in the section <c>schedule</c>. Default: none.</summary>
    public torch.optim.lr_scheduler.LRScheduler? Scheduler { get; init; }
}
