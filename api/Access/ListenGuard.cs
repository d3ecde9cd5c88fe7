using System.Net;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace FishCheckpoint.Api.Access;

/// <summary>
/// Keeps a server without keys on loopback. It checks each endpoint before it is bound, however it was configured; endpoints configured
/// before the store opens are checked after that.
/// </summary>
internal sealed class ListenGuard(
    Func<CheckpointStore> opened, ILogger<ListenGuard> logger, Func<IServer> server) : IHostedLifecycleService
{
    private readonly List<IPEndPoint> waiting = [];
    private bool open;

    /// <summary>Records an endpoint, or refuses it.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.AccessUnprotected"/>.</exception>
    public void Check(EndPoint endPoint)
    {
        if (endPoint is IPEndPoint place && !IPAddress.IsLoopback(place.Address))
        {
            if (open)
            {
                Require(place);
            }
            else
            {
                waiting.Add(place);
            }
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        open = true;
        waiting.ForEach(Require);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var address in server().Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
        {
            if (BindingAddress.Parse(address) is { IsUnixPipe: false, Scheme: "http" } bound && !IsLoopback(bound.Host))
            {
                AccessLog.Unencrypted(logger, address);
            }
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static bool IsLoopback(string host) =>
        host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private void Require(IPEndPoint place)
    {
        if (!opened().Access.HasUsableKeys())
        {
            throw new FishException(
                ErrorCode.AccessUnprotected, $"{place}",
                "The server would listen beyond loopback without any key: everyone could read and delete everything.",
                "Create a key first (fishckpt key add NAME --scope admin, on the data folder), or listen on 127.0.0.1.");
        }
    }
}
