
namespace FishCheckpoint.Engine.Ports;

/// <summary>Changes the store within one transaction, which commits as a whole or not at all.</summary>
internal interface ICatalogWriter : ICatalogView
{
    /// <inheritdoc cref="ICatalogView.Bases"/>
    new IBaseChanges Bases { get; }

    /// <inheritdoc cref="ICatalogView.Tasks"/>
    new ITaskChanges Tasks { get; }

    /// <inheritdoc cref="ICatalogView.Checkpoints"/>
    new ICheckpointChanges Checkpoints { get; }

    /// <inheritdoc cref="ICatalogView.Masks"/>
    new IMaskChanges Masks { get; }

    /// <inheritdoc cref="ICatalogView.Frames"/>
    new IFrameChanges Frames { get; }

    /// <inheritdoc cref="ICatalogView.Headers"/>
    new IHeaderChanges Headers { get; }

    /// <inheritdoc cref="ICatalogView.SideFiles"/>
    new ISideFileChanges SideFiles { get; }

    /// <inheritdoc cref="ICatalogView.Tags"/>
    new ITagChanges Tags { get; }

    /// <inheritdoc cref="ICatalogView.Grace"/>
    new IGraceChanges Grace { get; }

    /// <inheritdoc cref="ICatalogView.Deleted"/>
    new IDeletedChanges Deleted { get; }

    /// <inheritdoc cref="ICatalogView.Verification"/>
    new IVerificationChanges Verification { get; }

    /// <inheritdoc cref="ICatalogView.Keys"/>
    new IKeyChanges Keys { get; }

    /// <inheritdoc cref="ICatalogView.Audit"/>
    new IAuditChanges Audit { get; }

    /// <summary>Writes without a change, so that this commit replaces an earlier one that failed.</summary>
    void Touch();

    /// <summary>
    /// Drops the totals per tensor of a deleted task, and this transaction's changes to them. No checkpoint of the task may be visible.
    /// </summary>
    void ForgetTotals(long task);
}
