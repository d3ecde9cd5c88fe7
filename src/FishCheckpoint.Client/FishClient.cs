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
/// A FishCheckpoint server as an <see cref="IFishStore"/>, with the same calls as the embedded store. It streams content in both
/// directions, and a refusal of the server is the same <see cref="Errors.FishException"/> that the embedded store throws.
/// </summary>
/// <remarks>A reader sends several requests, so deleting its checkpoint ends the reading. Safe for concurrent callers.</remarks>
public sealed class FishClient : IFishStore
{
    private readonly HttpClient http;
    private readonly bool ownsHttp;
    private readonly HealthCalls health;

    /// <summary>Creates a client for the server at the HTTP client's <see cref="HttpClient.BaseAddress"/>.</summary>
    /// <param name="http">The HTTP client. Its timeout covers whole uploads, so long uploads need
    /// <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="ownsHttp">Whether this object disposes the HTTP client. Default: no.</param>
    /// <param name="spoolFolder">The folder for deltas that are too large for memory. Default: the system's temporary folder.</param>
    /// <param name="idleTimeout">See <see cref="FishClientOptions.IdleTimeout"/>. Default: 60 seconds.</param>
    /// <exception cref="ArgumentException">The client has no base address, or the idle timeout is out of range.</exception>
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

    /// <summary>Creates a client with its own HTTP client, which has no timeout for whole requests.</summary>
    /// <param name="server">The server's address, such as <c>http://127.0.0.1:5080</c>.</param>
    /// <param name="spoolFolder">The folder for deltas that are too large for memory. Default: the system's temporary folder.</param>
    public static FishClient Connect(Uri server, string? spoolFolder = null) =>
        Connect(server, new FishClientOptions { SpoolFolder = spoolFolder });

    /// <summary>As above, with a key or for a server whose certificate the system does not trust.</summary>
    /// <param name="server">The server's address, such as <c>https://models.example:5080</c>.</param>
    /// <param name="options">The connection's options.</param>
    /// <exception cref="Errors.FishException">The options are invalid; see <see cref="FishClientOptions.CreateHttp"/>.</exception>
    public static FishClient Connect(Uri server, FishClientOptions options) =>
        new(options.CreateHttp(server), ownsHttp: true, options.SpoolFolder, options.IdleTimeout);

    /// <summary>Waits until the server is ready: its store is open, its disk is writable, and it is not shutting down.</summary>
    /// <param name="longest">How long to keep asking; zero: ask once.</param>
    /// <param name="time">The clock. Default: the system's.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="Errors.FishException">The server is not ready: <see cref="Errors.ErrorCode.ServerUnavailable"/>,
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
