using System.Net;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace FishCheckpoint.Api.Access;

/// <summary>
/// Keeps a server that nobody has a key of on loopback. It is asked for each endpoint before that is bound, whatever configured it; those
/// that are configured before the store is open are looked at once it is.
/// </summary>
internal sealed class ListenGuard(
    Func<CheckpointStore> opened, ILogger<ListenGuard> logger, Func<IServer> server) : IHostedLifecycleService
{
    private readonly List<IPEndPoint> waiting = [];
    private bool open;

    /// <summary>Takes note of an endpoint, or refuses it.</summary>
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
                "The server would listen beyond loopback, and there is no key: everyone could read and delete everything.",
                "Make a key first (fishckpt key add NAME --scope admin, on the data folder), or listen on 127.0.0.1.");
        }
    }
}
