using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The tables of the catalog over one connection.</summary>
internal sealed class CatalogRows(CatalogConnection connection) : ICatalogWriter
{
    public IBaseChanges Bases => field ??= new BaseTable(connection);

    public ITaskChanges Tasks => field ??= new TaskTable(connection);

    public CheckpointTable Checkpoints => field ??= new CheckpointTable(connection);

    public IMaskChanges Masks => field ??= new MaskTable(connection);

    public IFrameChanges Frames => field ??= new FrameTable(connection);

    public IHeaderChanges Headers => field ??= new HeaderTable(connection);

    public ISideFileChanges SideFiles => field ??= new SideFileTable(connection);

    public ITagChanges Tags => field ??= new TagTable(connection);

    public IGraceChanges Grace => field ??= new GraceTable(connection);

    public IDeletedChanges Deleted => field ??= new DeletedTable(connection);

    public ITombstoneRows Tombstones => field ??= new TombstoneTable(connection);

    public IFoldQueue Folding => field ??= new FoldQueue(connection);

    public IRecodeQueue Recoding => field ??= new RecodeQueue(connection);

    public IVerificationChanges Verification => field ??= new VerifiedTable(connection);

    public ITotalsRows Totals => field ??= new TotalsTable(connection);

    public IGrowthRows Growth => field ??= new GrowthTable(connection);

    public ITimelineRows Timeline => field ??= new Timeline(connection);

    public TensorSegments Tensors => field ??= new TensorSegments(connection);

    public IEventRows Events => field ??= new EventTable(connection);

    public IKeyChanges Keys => field ??= new KeyTable(connection);

    public IQuotaRows Quotas => field ??= new Quotas(connection);

    public IAuditChanges Audit => field ??= new AuditTable(connection);

    public long Bytes => connection.Bytes;

    public long UnusedBytes => connection.UnusedBytes;

    public long VersionOfOthers => connection.VersionOfOthers();

    public void Touch() => connection.Touch();

    public void ForgetTotals(long task) => TouchedRows.Forget(connection, task);

    public IReadOnlyList<string> CheckStructure(int most, CancellationToken cancellationToken) =>
        connection.CheckStructure(most, cancellationToken);

    public IReadOnlyList<(string Table, long? Row, string Missing)> CheckReferences() => connection.CheckReferences();

    IBaseRows ICatalogView.Bases => Bases;

    ITaskRows ICatalogView.Tasks => Tasks;

    ICheckpointRows ICatalogView.Checkpoints => Checkpoints;

    IMaskRows ICatalogView.Masks => Masks;

    IFrameRows ICatalogView.Frames => Frames;

    IHeaderRows ICatalogView.Headers => Headers;

    ISideFileRows ICatalogView.SideFiles => SideFiles;

    ITagRows ICatalogView.Tags => Tags;

    IGraceRows ICatalogView.Grace => Grace;

    IDeletedRows ICatalogView.Deleted => Deleted;

    IVerificationRows ICatalogView.Verification => Verification;

    ITensorRows ICatalogView.Tensors => Tensors;

    IKeyRows ICatalogView.Keys => Keys;

    IAuditRows ICatalogView.Audit => Audit;

    ICheckpointChanges ICatalogWriter.Checkpoints => Checkpoints;
}
