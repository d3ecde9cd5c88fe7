using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Loading;

/// <summary>What encoding stored frames again takes.</summary>
/// <param name="Tasks">The tasks.</param>
/// <param name="Bases">The bytes of bases.</param>
/// <param name="Codec">How frames are encoded.</param>
/// <param name="TemporaryFolder">Where frames that outgrow memory go.</param>
/// <param name="Earlier">Values that the next checkpoints of a row are predicted from.</param>
internal sealed record RecodeContext(TaskCatalog Tasks, IBaseStore Bases, CodecOptions Codec, string TemporaryFolder, ParentCache Earlier)
{
    /// <summary>What encoding as small as possible takes, with a cache of its own.</summary>
    public static RecodeContext Create(TaskCatalog tasks, IBaseStore bases, EngineOptions options) => new(
        tasks, bases, options.Codec with { Effort = CodecEffort.Small }, options.TemporaryFolder,
        new ParentCache(options.ParentCacheBytes));
}
