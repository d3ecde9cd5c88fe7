
namespace FishCheckpoint.Engine.Ports;

/// <summary>Changes what is stored, within one transaction: all of it is committed, or nothing.</summary>
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

    /// <summary>Writes something that changes nothing, so that this commit takes the place of an earlier one that failed.</summary>
    void Touch();

    /// <summary>
    /// Drops the totals by tensor of a task that goes, and what this transaction has touched of them: nothing of the task is visible any
    /// more.
    /// </summary>
    void ForgetTotals(long task);
}
