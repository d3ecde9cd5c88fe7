using FishCheckpoint.Access;
using FishCheckpoint.Client.Access;
using FishCheckpoint.Client.Bases;
using FishCheckpoint.Client.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Client.Maintenance;
using FishCheckpoint.Client.Reports;
using FishCheckpoint.Client.Tasks;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Client;

/// <summary>
/// A FishCheckpoint server as an <see cref="IFishStore"/>: what a trainer or a tool uses where it would otherwise embed the store.
/// Everything
/// is streamed both ways; refusals of the server come back as the same <see cref="Errors.FishException"/> that the embedded store throws.
/// </summary>
/// <remarks>
/// Readers read by separate requests, so a checkpoint that is deleted while it is read ends the reading. Safe for use by many callers at
/// once.
/// </remarks>
public sealed class FishClient : IFishStore
{
    private readonly HttpClient http;
    private readonly bool ownsHttp;
    private readonly HealthCalls health;

    /// <summary>Talks to the server at the client's <see cref="HttpClient.BaseAddress"/>.</summary>
    /// <param name="http">The HTTP client. Its timeout covers a whole upload, so long ones want
    /// <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="ownsHttp">Whether this object disposes the HTTP client. Default: no.</param>
    /// <param name="spoolFolder">Where deltas that outgrow memory lie meanwhile. Default: the system's temporary folder.</param>
    /// <param name="idleTimeout">See <see cref="FishClientOptions.IdleTimeout"/>. Default: 60 seconds.</param>
    /// <exception cref="ArgumentException">The client has no base address, or the limit is out of its range.</exception>
    public FishClient(HttpClient http, bool ownsHttp = false, string? spoolFolder = null, TimeSpan? idleTimeout = null)
    {
        (this.http, this.ownsHttp) = (http, ownsHttp);
        var server = new FishHttp(http, idleTimeout ?? FishClientOptions.DefaultIdleTimeout);
        var spool = spoolFolder ?? Path.GetTempPath();
        (Bases, Tasks, Checkpoints) = (new BaseCalls(server, spool), new TaskCalls(server), new CheckpointCalls(server, spool));
        (Reports, Maintenance, Events) = (new ReportCalls(server), new MaintenanceCalls(server), new EventCalls(server));
        States = new StateCalls(server, Checkpoints, Maintenance, spool);
        (Access, health) = (new AccessCalls(server), new HealthCalls(server));
    }

    /// <inheritdoc/>
    public IBases Bases { get; }

    /// <inheritdoc/>
    public ITasks Tasks { get; }

    /// <inheritdoc/>
    public ICheckpoints Checkpoints { get; }

    /// <inheritdoc/>
    public IStates States { get; }

    /// <inheritdoc/>
    public IReports Reports { get; }

    /// <inheritdoc/>
    public IMaintenance Maintenance { get; }

    /// <inheritdoc/>
    public IEvents Events { get; }

    /// <summary>The server's keys, quotas and audit log.</summary>
    public IAccessControl Access { get; }

    /// <summary>Connects to a server with an HTTP client of its own, without a timeout for whole requests.</summary>
    /// <param name="server">The server's address, as in <c>http://127.0.0.1:5080</c>.</param>
    /// <param name="spoolFolder">Where deltas that outgrow memory lie meanwhile. Default: the system's temporary folder.</param>
    public static FishClient Connect(Uri server, string? spoolFolder = null) =>
        Connect(server, new FishClientOptions { SpoolFolder = spoolFolder });

    /// <summary>As above, with a key, or for a server whose certificate the system does not trust.</summary>
    /// <param name="server">The server's address, as in <c>https://models.example:5080</c>.</param>
    /// <param name="options">How to connect.</param>
    /// <exception cref="Errors.FishException">The options cannot be; see <see cref="FishClientOptions.CreateHttp"/>.</exception>
    public static FishClient Connect(Uri server, FishClientOptions options) =>
        new(options.CreateHttp(server), ownsHttp: true, options.SpoolFolder, options.IdleTimeout);

    /// <summary>Waits until the server is ready: its store open, its disk writable, and not about to stop.</summary>
    /// <param name="longest">How long to go on asking; nothing: ask once.</param>
    /// <param name="time">The clock. Default: the system's.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="Errors.FishException">It is not ready, and why: <see cref="Errors.ErrorCode.ServerUnavailable"/>,
    /// <see cref="Errors.ErrorCode.StorageUnavailable"/>.</exception>
    public Task WaitUntilReadyAsync(TimeSpan longest = default, TimeProvider? time = null, CancellationToken cancellationToken = default) =>
        health.WaitAsync(longest, time ?? TimeProvider.System, cancellationToken);

    /// <summary>Disposes the HTTP client if this object owns it.</summary>
    public void Dispose()
    {
        if (ownsHttp)
        {
            http.Dispose();
        }
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
