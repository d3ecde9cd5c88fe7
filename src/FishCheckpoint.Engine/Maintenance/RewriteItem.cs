using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance;

/// <summary>A stored item that a round may rewrite. Owns what it has prepared.</summary>
internal abstract class RewriteItem : IDisposable
{
    /// <summary>The name of the item in a report of damage.</summary>
    public abstract string Key { get; }

    /// <summary>The item's place among those of its kind, oldest first.</summary>
    public abstract long Place { get; }

    /// <summary>Bytes that count against the round's budget.</summary>
    public abstract long Bytes { get; }

    /// <summary>Reads the item with all checks, encodes it again and reads the result back.</summary>
    /// <param name="view">The snapshot that it was found in.</param>
    /// <param name="context">The context of the work.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>Whether there is anything to write.</returns>
    /// <exception cref="Errors.FishException">The item, or something that it is read with, is damaged.</exception>
    public abstract bool Prepare(ICatalogView view, RecodeContext context, CancellationToken cancellationToken);

    /// <summary>The prepared frames that replace stored ones.</summary>
    public abstract IEnumerable<NewFrame> NewFrames { get; }

    /// <summary>Writes the prepared frames in the caller's transaction, which may run twice.</summary>
    /// <returns><see langword="false"/> if the item was deleted or replaced meanwhile; nothing is written then.</returns>
    public abstract bool Write(ICatalogWriter writer);

    public abstract void Dispose();
}
