using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Loading;

/// <summary>The context for encoding stored frames again.</summary>
/// <param name="Tasks">The tasks.</param>
/// <param name="Bases">The store of bases.</param>
/// <param name="Codec">The encoding of frames.</param>
/// <param name="TemporaryFolder">The folder for frames that outgrow memory.</param>
/// <param name="Earlier">Values that the next checkpoints of a prediction chain need.</param>
internal sealed record RecodeContext(TaskCatalog Tasks, IBaseStore Bases, CodecOptions Codec, string TemporaryFolder, ParentCache Earlier)
{
    /// <summary>Creates a context that encodes as small as possible, with its own cache.</summary>
    public static RecodeContext Create(TaskCatalog tasks, IBaseStore bases, EngineOptions options) => new(
        tasks, bases, options.Codec with { Effort = CodecEffort.Small }, options.TemporaryFolder,
        new ParentCache(options.ParentCacheBytes));
}
