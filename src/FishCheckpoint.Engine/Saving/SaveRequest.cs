using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Saving;

/// <summary>A checkpoint that is to be saved.</summary>
/// <param name="Task">The name of its task.</param>
/// <param name="Step">Its step.</param>
/// <param name="Content">The model or delta; owned by the caller.</param>
/// <param name="Options">What comes with it.</param>
/// <param name="MayPredict">Whether its values may be predicted from an earlier checkpoint.</param>
internal sealed record SaveRequest(string Task, long Step, CheckpointContent Content, SaveOptions Options, bool MayPredict = true)
{
    /// <summary>Its name in errors.</summary>
    public string Label => $"{Task}/{Step}";
}

/// <summary>The parts of a store that encoding a save needs.</summary>
/// <param name="Options">How frames are encoded, and what reading them may cost.</param>
/// <param name="Bases">The bases.</param>
/// <param name="Tasks">The tasks.</param>
/// <param name="Cache">Values of the last saves.</param>
internal sealed record SaveParts(EngineOptions Options, IBaseStore Bases, TaskCatalog Tasks, ParentCache Cache);
