using System.Net.Sockets;
using System.Security.Cryptography;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Bases;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Checkpoints;
using FishCheckpoint.Api.Composition;
using FishCheckpoint.Api.Dashboard;
using FishCheckpoint.Api.Deletion;
using FishCheckpoint.Api.Deltas;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Errors;
using FishCheckpoint.Api.Health;
using FishCheckpoint.Api.Hosting;
using FishCheckpoint.Api.Hub;
using FishCheckpoint.Api.Limits;
using FishCheckpoint.Api.Maintenance;
using FishCheckpoint.Api.Reports;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.State;
using FishCheckpoint.Api.Tags;
using FishCheckpoint.Api.Tasks;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace FishCheckpoint.Api;

/// <summary>The HTTP server: the one place that brings store, routes and errors together, for every program that serves.</summary>
public static class FishServer
{
    // No address of the settings, which would be overridden with a warning; and a log that stays short.
    private static readonly string[] LocalSettings =
        ["--Urls=", "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Microsoft.AspNetCore=Warning",
            "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Warning"];

    /// <summary>Builds the server. Its store opens when it starts and closes when it has stopped.</summary>
    /// <param name="args">The command line: settings as in <c>--urls http://127.0.0.1:5080 --FishCheckpoint:DataFolder data</c>.</param>
    /// <param name="configure">Changes settings and services before they are used; may be <see langword="null"/>.</param>
    /// <returns>The server, to be run and disposed by the caller.</returns>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // The settings file lies beside the program, wherever it is started from; the data folder is relative to where it is started.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

        // What stops a start is thrown, and said once by the program; a failure of a background service is told as it stops the server.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        builder.Services.AddLogTime();
        AddServices(builder.Services);
        configure?.Invoke(builder);
        builder.Services.AddFishTelemetry(builder.Configuration);
        var server = builder.Build();
        server.UseMiddleware<ConnectionUse>();
        server.UseMiddleware<SecurityHeaders>();
        server.UseMiddleware<ProblemMiddleware>();
        server.UseMiddleware<StoppingMiddleware>();
        server.UseRouting();
        server.UseMiddleware<HubErrors>();
        server.UseRequestLimit();
        server.UseMiddleware<RefusalAudit>();
        server.UseMiddleware<AccessMiddleware>();
        server.UseMiddleware<UploadGate>();
        server.UseMiddleware<JsonLimit>();
        MapRoutes(server.MapGroup("").WithHead());
        return server;
    }

    /// <summary>
    /// Runs a server for programs of this user on this machine, on a Unix socket and nowhere else, until its last client has gone. It asks
    /// for no keys: whoever may open the socket may open the data folder. Its socket is named in the folder's <c>local.lock</c>; one server
    /// at a time has it.
    /// </summary>
    /// <param name="args">The command line, with the data folder's setting.</param>
    /// <param name="started">Called when it listens.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: another local server serves the folder; what opening the store
    /// throws.</exception>
    public static async Task RunLocalAsync(string[] args, Action started, CancellationToken cancellation)
    {
        LocalSocket? socket = null;
        try
        {
            await using var server = Build([.. args, .. LocalSettings], builder =>
            {
                socket = LocalSocket.Take(Path.GetFullPath(FishSettings.Of(builder.Configuration).DataFolder));
                builder.Services.AddSingleton(socket).AddHostedService<LocalService>();
                builder.WebHost.ConfigureKestrel(kestrel =>
                {
                    // No address of the settings: nothing is to be reached over a network.
                    kestrel.Configure();

                    // Ten years: an infinite time overflows in Kestrel, and idle connections would be closed within a second.
                    kestrel.Limits.KeepAliveTimeout = TimeSpan.FromDays(3650);
                    kestrel.ListenUnixSocket(socket.Path, listen => listen.Use(next => connection => socket.CountAsync(next, connection)));
                });
            });
            await server.StartAsync(cancellation);
            socket!.Publish();
            started();
            await server.WaitForShutdownAsync(cancellation);
        }
        finally
        {
            socket?.Dispose();
        }
    }

    /// <summary>Starts a server that <see cref="Build"/> made.</summary>
    /// <param name="server">The server.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.AddressInUse"/>: another program listens there already;
    /// <see cref="ErrorCode.RequestInvalid"/>: it cannot listen where the settings say; or what opening the store refuses.</exception>
    public static async Task StartFishAsync(this WebApplication server, CancellationToken cancellation = default)
    {
        try
        {
            await server.StartAsync(cancellation);
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new FishException(
                ErrorCode.AddressInUse, UrlsOf(server), $"The address is in use by another program: {error.Message}",
                "End the other program (it may be another 'fishckpt serve'), or listen elsewhere: --urls http://127.0.0.1:PORT.", error);
        }
        catch (Exception error)
            when (error is FormatException or ArgumentException or InvalidOperationException or IOException or SocketException
            or CryptographicException)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, UrlsOf(server), $"The server did not start: {error.Message.Split('\n')[0].Trim()}",
                "Give an address as in http://127.0.0.1:5080; https also needs a certificate (docs/guides/access.md). "
                    + "Or a limit in the settings is out of range.", error);
        }
    }

    private static string UrlsOf(WebApplication server) => server.Urls.Count > 0 ? string.Join(' ', server.Urls)
        : server.Configuration["Urls"] ?? "the address of the settings";

    private static void AddServices(IServiceCollection services)
    {
        services.AddSingleton(provider => FishSettings.Of(provider.GetRequiredService<IConfiguration>()));
        services.AddHttpContextAccessor();
        services.AddSingleton(provider => provider.GetRequiredService<EngineOptions>().Time);
        services.AddSystemd();
        services.AddOptions<HostOptions>().Configure<FishSettings>((host, settings) => host.ShutdownTimeout = settings.Shutdown.Timeout);
        services.AddHostedService<ShutdownDelay>();
        services.AddSingleton<Readiness>();
        services.AddLocalStore();
        services.AddSingleton<RefusalCounts>().AddHostedService(provider => provider.GetRequiredService<RefusalCounts>());
        services.AddSingleton<ListenGuard>().AddHostedService(provider => provider.GetRequiredService<ListenGuard>());
        services.AddSingleton<Func<IServer>>(provider => provider.GetRequiredService<IServer>);
        services.AddRequestLimit();
        services.AddSingleton<ConnectionGate>().AddSingleton<IConnectionListenerFactory, GatedListeners>();
        services.AddSingleton<IDiskSpace, SystemDisk>().AddSingleton<UploadRoom>();
        services.AddSingleton<Func<CheckpointStore>>(
            provider => () => (CheckpointStore)provider.GetRequiredService<IFishStore>());
        services.AddSingleton<Func<IMaintenance>>(provider => provider.GetRequiredService<IMaintenance>);
        services.AddHostedService<MaintenanceService>();
        services.ConfigureHttpJsonOptions(json => FishJson.Configure(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddOptions<KestrelServerOptions>().Configure<FishSettings, ListenGuard>((kestrel, settings, guard) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ConfigureEndpointDefaults(listen => guard.Check(listen.EndPoint));
            ConnectionGate.Check(settings.Limits);
            kestrel.Limits.RequestHeadersTimeout = settings.Limits.SilentFor;
            (kestrel.Limits.MinRequestBodyDataRate, kestrel.Limits.MinResponseDataRate) =
                (DataRates.OfBodies(settings.Limits), DataRates.OfAnswers(settings.Limits));

            // Every body is limited where it is read: JSON by JsonLimit, uploads by their routes.
            kestrel.Limits.MaxRequestBodySize = null;
        });
        services.Configure<SocketTransportOptions>(transport =>
        {
            transport.MaxWriteBufferSize = DataRates.WriteAheadBytes;

            // A block is sent by the thread that rebuilt it, from its own cache; where the socket is full, that thread goes on with the
            // next block. These are threads of the pool, to which the runtime hands each socket's events: one that waits for the disk holds
            // up no other connection.
            transport.UnsafePreferInlineScheduling = true;
        });
        services.AddFishOpenApi();
    }

    private static void MapRoutes(RouteGroupBuilder server)
    {
        var about = server.MapGroup("").WithTags("Server");
        about.MapIndex();
        about.MapDashboard();
        about.MapHealth();
        server.MapMetrics()?.Needs(KeyScope.Read, Reach.Store);
        server.MapOpenApi().Open().WithSummary("Describe the routes as an OpenAPI document");
        server.MapReferencePage().Open();
        var v1 = server.MapGroup("/v1").AddEndpointFilter<RouteGroupBuilder, NameFilter>().MayFail(400, 401, 403, 404, 429);
        v1.MapGroup("/bases").WithTags("Bases").MapBases();
        v1.MapGroup("/tasks").WithTags("Tasks").MapTasks();
        var checkpoints = v1.MapGroup("/tasks/{task}/checkpoints").WithTags("Checkpoints");
        checkpoints.MapCheckpoints();
        checkpoints.MapCheckpointFiles();
        checkpoints.MapDeltas();
        checkpoints.MapState();
        checkpoints.MapPins();
        v1.MapGroup("").MapDeleted();
        v1.MapGroup("/tasks/{task}/tags").WithTags("Tags").MapTags();
        v1.MapGroup("").WithTags("Reports").MapReports();
        v1.MapGroup("/keys").WithTags("Access").MapKeys();
        v1.MapGroup("").WithTags("Access").MapAudit();
        v1.MapGroup("").WithTags("Maintenance").MapMaintenance();
        server.MapHub();
    }
}
