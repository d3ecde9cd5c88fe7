using System.Text.Json;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Access;
using FishCheckpoint.Client.Bases;
using FishCheckpoint.Client.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Client.Maintenance;
using FishCheckpoint.Client.Reports;
using FishCheckpoint.Client.Tasks;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Client;

/// <summary>
/// A FishCheckpoint server as an <see cref="ICheckpointStore"/>: what a trainer or a tool uses where it would otherwise embed the store. Everything
/// is streamed both ways; refusals of the server come back as the same <see cref="Errors.FishException"/> that the embedded store throws.
/// </summary>
/// <remarks>
/// Readers read by separate requests, so a checkpoint that is deleted while it is read ends the reading. Safe for use by many callers at once.
/// </remarks>
public sealed class FishClient : ICheckpointStore, IStorageReports, ICheckpointRecoding, ICheckpointFolding, ICheckpointCollector, IStoreVerification, IStoreBackups,
    ITaskEvents, IBoundedDeltas, IStateComparison, IDeletedCheckpoints
{
    private readonly HttpClient http;
    private readonly bool ownsHttp;
    private readonly BaseCalls bases;
    private readonly TaskCalls tasks;
    private readonly CheckpointCalls checkpoints;
    private readonly DeltaCalls deltas;
    private readonly EventCalls events;
    private readonly StateCalls states;
    private readonly MaintenanceCalls maintenance;
    private readonly HealthCalls health;
    private readonly ReportCalls reports;

    /// <summary>Talks to the server at the client's <see cref="HttpClient.BaseAddress"/>.</summary>
    /// <param name="http">The HTTP client. Its timeout covers a whole upload, so long ones want <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="ownsHttp">Whether this object disposes the HTTP client. Default: no.</param>
    /// <param name="spoolFolder">Where deltas that outgrow memory lie meanwhile. Default: the system's temporary folder.</param>
    /// <param name="idleTimeout">See <see cref="FishClientOptions.IdleTimeout"/>. Default: 60 seconds.</param>
    /// <exception cref="ArgumentException">The client has no base address, or the limit is out of its range.</exception>
    public FishClient(HttpClient http, bool ownsHttp = false, string? spoolFolder = null, TimeSpan? idleTimeout = null)
    {
        (this.http, this.ownsHttp) = (http, ownsHttp);
        var server = new FishHttp(http, idleTimeout ?? FishClientOptions.DefaultIdleTimeout);
        var spool = spoolFolder ?? Path.GetTempPath();
        (bases, tasks, checkpoints) = (new BaseCalls(server, spool), new TaskCalls(server), new CheckpointCalls(server, spool));
        (deltas, states, maintenance) = (new DeltaCalls(server, spool), new StateCalls(server), new MaintenanceCalls(server));
        (health, events) = (new HealthCalls(server), new EventCalls(server));
        Access = new AccessCalls(server);
        reports = new ReportCalls(server);
    }

    /// <summary>The server's keys, quotas and audit log.</summary>
    public IAccessControl Access { get; }

    /// <summary>Connects to a server with an HTTP client of its own, without a timeout for whole requests.</summary>
    /// <param name="server">The server's address, as in <c>http://127.0.0.1:5080</c>.</param>
    /// <param name="spoolFolder">Where deltas that outgrow memory lie meanwhile. Default: the system's temporary folder.</param>
    public static FishClient Connect(Uri server, string? spoolFolder = null) => Connect(server, new FishClientOptions { SpoolFolder = spoolFolder });

    /// <summary>As above, with a key, or for a server whose certificate the system does not trust.</summary>
    /// <param name="server">The server's address, as in <c>https://models.example:5080</c>.</param>
    /// <param name="options">How to connect.</param>
    /// <exception cref="Errors.FishException">The options cannot be; see <see cref="FishClientOptions.CreateHttp"/>.</exception>
    public static FishClient Connect(Uri server, FishClientOptions options) =>
        new(options.CreateHttp(server), ownsHttp: true, options.SpoolFolder, options.IdleTimeout);

    /// <summary>Waits until the server is ready: its store open, its disk writable, and not about to stop.</summary>
    /// <param name="longest">How long to go on asking; nothing: ask once.</param>
    /// <param name="time">The clock. Default: the system's.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="Errors.FishException">It is not ready, and why: <see cref="Errors.ErrorCode.ServerUnavailable"/>, <see cref="Errors.ErrorCode.StorageUnavailable"/>.</exception>
    public Task WaitUntilReadyAsync(TimeSpan longest = default, TimeProvider? time = null, CancellationToken cancellation = default) =>
        health.WaitAsync(longest, time ?? TimeProvider.System, cancellation);

    /// <inheritdoc/>
    public Task<Saved<BaseInfo>> AddBaseAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellation = default) =>
        bases.AddAsync(name, files, cancellation);

    /// <inheritdoc/>
    public Task<BaseInfo> GetBaseAsync(string nameOrId, CancellationToken cancellation = default) => bases.GetAsync(nameOrId, cancellation);

    /// <inheritdoc/>
    public Task<Page<BaseInfo>> ListBasesAsync(PageRequest page, CancellationToken cancellation = default) => bases.ListAsync(page, cancellation);

    /// <inheritdoc/>
    public Task<IModelReader> OpenBaseAsync(string nameOrId, CancellationToken cancellation = default) => bases.OpenAsync(nameOrId, cancellation);

    /// <inheritdoc/>
    public Task<RemovedBase> DeleteBaseAsync(string name, CancellationToken cancellation = default) => bases.DeleteAsync(name, cancellation);

    /// <inheritdoc/>
    public Task<TaskInfo> ChangeTaskAsync(string task, JsonElement patch, bool dryRun = false, CancellationToken cancellation = default) =>
        tasks.ChangeAsync(task, patch, dryRun, cancellation);

    /// <inheritdoc/>
    public Task<Page<DeletedCheckpoint>> ListDeletedAsync(string task, PageRequest page, CancellationToken cancellation = default) =>
        checkpoints.ListDeletedAsync(task, page, cancellation);

    /// <inheritdoc/>
    public Task<Page<DeletedTask>> ListDeletedTasksAsync(PageRequest page, CancellationToken cancellation = default) => tasks.ListDeletedAsync(page, cancellation);

    /// <inheritdoc/>
    public Task<Undeleted> UndeleteAsync(string task, long step, UndeleteOptions? options = null, CancellationToken cancellation = default) =>
        checkpoints.UndeleteAsync(task, step, options ?? new UndeleteOptions(), cancellation);

    /// <inheritdoc/>
    public Task<TaskInfo> UndeleteTaskAsync(string task, string? asTask = null, CancellationToken cancellation = default) =>
        tasks.UndeleteAsync(task, asTask, cancellation);

    /// <inheritdoc/>
    public Task<Saved<TaskInfo>> PutTaskAsync(string task, TaskSpec spec, CancellationToken cancellation = default) =>
        tasks.PutAsync(task, spec, cancellation);

    /// <inheritdoc/>
    public Task<TaskInfo> GetTaskAsync(string task, CancellationToken cancellation = default) => tasks.GetAsync(task, cancellation);

    /// <inheritdoc/>
    public Task<Page<TaskInfo>> ListTasksAsync(PageRequest page, CancellationToken cancellation = default) => tasks.ListAsync(page, cancellation);

    /// <inheritdoc/>
    public Task DeleteTaskAsync(string task, CancellationToken cancellation = default) => tasks.DeleteAsync(task, cancellation);

    /// <inheritdoc/>
    public Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions? options = null, CancellationToken cancellation = default) =>
        checkpoints.SaveAsync(task, step, content, options ?? new SaveOptions(), cancellation);

    /// <inheritdoc/>
    public Task<CheckpointInfo> GetCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default) =>
        checkpoints.GetAsync(task, step, cancellation);

    /// <inheritdoc/>
    public Task<Page<CheckpointInfo>> ListCheckpointsAsync(string task, PageRequest page, CancellationToken cancellation = default) =>
        checkpoints.ListAsync(task, page, cancellation);

    /// <inheritdoc/>
    public Task DeleteCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default) =>
        checkpoints.DeleteAsync(task, step, cancellation);

    /// <inheritdoc/>
    public Task<IModelReader> OpenAsync(string task, StepRef step, CancellationToken cancellation = default) =>
        checkpoints.OpenAsync(task, step, cancellation);

    /// <inheritdoc/>
    public Task<IModelReader> OpenStartAsync(string task, CancellationToken cancellation = default) => tasks.OpenStartAsync(task, cancellation);

    /// <inheritdoc/>
    public Task<EncodedDelta> OpenDeltaAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellation = default) =>
        deltas.OpenAsync(task, to, from, cancellation);

    /// <inheritdoc/>
    public Task<EncodedDelta?> OpenDeltaWithinAsync(string task, StepRef to, StateRef from, long maxBytes, CancellationToken cancellation = default) =>
        deltas.OpenAsync(task, to, from, maxBytes, cancellation);

    /// <inheritdoc/>
    /// <exception cref="FishException"><see cref="ErrorCode.ServerUnavailable"/>: the server stopped, or the connection broke: follow again from the last event's id.</exception>
    public IAsyncEnumerable<TaskEvent> FollowAsync(string task, long? after = null, CancellationToken cancellation = default) =>
        events.FollowAsync(task, after, cancellation);

    /// <inheritdoc/>
    public Task<Saved<StateInfo>> PutStateAsync(string task, StepRef step, Stream content, CancellationToken cancellation = default) =>
        states.PutAsync(task, step, content, cancellation);

    /// <inheritdoc/>
    public Task<Stream> OpenStateAsync(string task, StepRef step, CancellationToken cancellation = default) => states.OpenAsync(
        task, step, stop => checkpoints.VerifyAsync(task, step, stop), cancellation);

    /// <inheritdoc/>
    public Task SetTagAsync(string task, string tag, StepRef step, CancellationToken cancellation = default) =>
        tasks.SetTagAsync(task, tag, step, cancellation);

    /// <inheritdoc/>
    public Task RemoveTagAsync(string task, string tag, CancellationToken cancellation = default) => tasks.RemoveTagAsync(task, tag, cancellation);

    /// <inheritdoc/>
    public Task<VerifyResult> VerifyAsync(string task, StepRef step, CancellationToken cancellation = default) =>
        checkpoints.VerifyAsync(task, step, cancellation);

    /// <inheritdoc/>
    public Task<StorageReport> ReportAsync(string? task = null, CancellationToken cancellation = default) => reports.StorageAsync(task, cancellation);

    /// <inheritdoc/>
    public Task<StorageReport> ReportBaseAsync(string nameOrId, CancellationToken cancellation = default) => reports.BaseAsync(nameOrId, cancellation);

    /// <inheritdoc/>
    public Task<Page<TensorReport>> ReportTensorsAsync(string task, PageRequest page, CancellationToken cancellation = default) =>
        reports.TensorsAsync(task, page, cancellation);

    /// <inheritdoc/>
    public Task<GrowthReport> ReportGrowthAsync(GrowthRequest? request = null, CancellationToken cancellation = default) =>
        reports.GrowthAsync(request ?? new GrowthRequest(), cancellation);

    /// <inheritdoc/>
    public Task<TimelineReport> ReportTimelineAsync(string task, TimelineRequest? request = null, CancellationToken cancellation = default) =>
        reports.TimelineAsync(task, request ?? new TimelineRequest(), cancellation);

    /// <inheritdoc/>
    public Task<ChangeReport> CompareAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellation = default) =>
        reports.ChangesAsync(task, to, from, cancellation);

    /// <inheritdoc/>
    public Task SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellation = default) => tasks.SetPinAsync(task, step, pinned, cancellation);

    /// <inheritdoc/>
    public Task<CollectResult> CollectAsync(CollectOptions? options = null, CancellationToken cancellation = default) => maintenance.CollectAsync(options, cancellation);

    /// <inheritdoc/>
    public Task<FoldResult> FoldAsync(FoldOptions? options = null, CancellationToken cancellation = default) => maintenance.FoldAsync(options, cancellation);

    /// <inheritdoc/>
    public Task<RecodeResult> RecodeAsync(RecodeOptions? options = null, CancellationToken cancellation = default) => maintenance.RecodeAsync(options, cancellation);

    /// <inheritdoc/>
    public Task<VerifyReport> VerifyStoreAsync(VerifyOptions? options = null, CancellationToken cancellation = default) => maintenance.VerifyAsync(options, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<KnownDamage>> ListDamageAsync(CancellationToken cancellation = default) => maintenance.ListDamageAsync(cancellation);

    /// <inheritdoc/>
    public Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken cancellation = default) => maintenance.BackupAsync(options, cancellation);

    /// <summary>Disposes the HTTP client where it is owned.</summary>
    public ValueTask DisposeAsync()
    {
        if (ownsHttp)
        {
            http.Dispose();
        }

        return ValueTask.CompletedTask;
    }
}
