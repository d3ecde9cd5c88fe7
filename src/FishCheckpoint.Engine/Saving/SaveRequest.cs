using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Saving;

/// <summary>A request to save a checkpoint.</summary>
/// <param name="Task">The name of its task.</param>
/// <param name="Step">Its step.</param>
/// <param name="Content">The model or delta; the caller owns it.</param>
/// <param name="Options">The options of the save.</param>
/// <param name="MayPredict">Whether its values may be predicted from an earlier checkpoint.</param>
internal sealed record SaveRequest(string Task, long Step, CheckpointContent Content, SaveOptions Options, bool MayPredict = true)
{
    /// <summary>Its name in errors.</summary>
    public string Label => $"{Task}/{Step}";
}

/// <summary>The parts of a store that encode a save.</summary>
/// <param name="Options">The encoding of frames, and the limit on the cost of a read.</param>
/// <param name="Bases">The bases.</param>
/// <param name="Tasks">The tasks.</param>
/// <param name="Cache">Cached values of the last saves.</param>
internal sealed record SaveParts(EngineOptions Options, IBaseStore Bases, TaskCatalog Tasks, ParentCache Cache);
