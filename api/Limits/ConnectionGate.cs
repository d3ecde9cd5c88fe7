using System.Net;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace FishCheckpoint.Api.Limits;

/// <summary>
/// Limits connections per IP address and in total, so that silent connections exclude nobody and file descriptors do not run out. It closes
/// a connection that sends no complete request in time, and the oldest ones above a number per address. If all places are taken, a new
/// connection replaces an idle one. If none is idle, a few reserve places remain for open routes, so that health checks always work.
/// </summary>
internal sealed class ConnectionGate : IDisposable
{
    /// <summary>Reserve places beyond the limit, only for open routes.</summary>
    public const int Reserve = 8;

    // Grace for a new connection's request on a busy server.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly LinkedList<GatedConnection> idle = [];
    private readonly FishSettings.LimitSettings limits;

    // Not the store's clock, which dates checkpoints.
    private readonly TimeProvider time = TimeProvider.System;
    private readonly ITimer sweeping;
    private int open;

    public ConnectionGate(FishSettings settings, ILogger<ConnectionGate> logger)
    {
        limits = settings.Limits;
        MaxOpen = limits.MaxConnections;
        if (Descriptors.Left() is { } left && left / 2 < MaxOpen)
        {
            // The other half is for files that requests open.
            MaxOpen = Math.Max(1, left / 2);
            ApiLog.ConnectionsLowered(logger, limits.MaxConnections, MaxOpen, left);
        }

        sweeping = time.CreateTimer(_ => Sweep(), null, Patience, Patience);
    }

    /// <summary>The largest number of connections without the reserve.</summary>
    public int MaxOpen { get; }

    /// <summary>The number of open connections.</summary>
    public int Open
    {
        get
        {
            lock (gate)
            {
                return open;
            }
        }
    }

    /// <summary>The number of connections with a running request.</summary>
    public int Active
    {
        get
        {
            lock (gate)
            {
                return open - idle.Count;
            }
        }
    }

    /// <summary>
    /// The record of a request's connection; <see langword="null"/>: the connection is not counted, such as one of a Unix socket.
    /// </summary>
    public static GatedConnection? Of(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(ConnectionGate), out var gated) == true
            ? gated as GatedConnection : null;

    /// <summary>Refuses limits that would admit no connection.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static void Check(FishSettings.LimitSettings limits)
    {
        foreach (var (name, value, isRight) in new[]
        {
            (nameof(limits.MaxConnections), $"{limits.MaxConnections}", limits.MaxConnections > 0),
            (nameof(limits.MaxSilentConnections), $"{limits.MaxSilentConnections}", limits.MaxSilentConnections > 0),
            (nameof(limits.SilentFor), $"{limits.SilentFor}", limits.SilentFor >= Patience),
        })
        {
            if (!isRight)
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, $"{FishSettings.Section}:Limits:{name}", $"It is {value}.",
                    "Set it to 1 or more; a time to a second or more.");
            }
        }
    }

    /// <summary>Admits a new connection if there is a place or an idle connection to replace.</summary>
    /// <returns><see langword="false"/>: the caller closes it.</returns>
    public bool TryEnter(ConnectionContext connection)
    {
        if (connection.RemoteEndPoint is not IPEndPoint from)
        {
            return true;
        }

        List<GatedConnection> evicted = [];
        GatedConnection gated;
        lock (gate)
        {
            // Connections that have sent nothing are replaced first.
            while (open >= MaxOpen && (Oldest(spoken: false) ?? Oldest(spoken: true)) is { } oldest)
            {
                Forget(oldest);
                evicted.Add(oldest);
            }

            if (open >= MaxOpen + Reserve)
            {
                return false;
            }

            gated = new GatedConnection(connection, from.Address, open >= MaxOpen, time.GetTimestamp());
            connection.Items[typeof(ConnectionGate)] = gated;
            gated.Place = idle.AddLast(gated);
            open++;
        }

        Close(evicted);
        connection.ConnectionClosed.UnsafeRegister(_ => Leave(gated), null);
        return true;
    }

    /// <summary>Records the start of a request.</summary>
    public void Begin(GatedConnection gated)
    {
        lock (gate)
        {
            gated.HasSpoken = true;
            if (gated.Requests++ == 0)
            {
                Activate(gated);
            }
        }
    }

    /// <summary>Records the end of a request.</summary>
    public void End(GatedConnection gated)
    {
        lock (gate)
        {
            if (--gated.Requests == 0 && gated.IsOpen)
            {
                gated.IdleSince = time.GetTimestamp();
                gated.Place = idle.AddLast(gated);
            }
        }
    }

    public void Dispose() => sweeping.Dispose();

    private GatedConnection? Oldest(bool spoken) =>
        idle.FirstOrDefault(gated => gated.HasSpoken == spoken) is { } oldest && time.GetElapsedTime(oldest.IdleSince) >= Patience
            ? oldest : null;

    // Outside the lock, and synchronously: the descriptors are free when this returns, however busy the threads are.
    private static void Close(List<GatedConnection> forgotten) => forgotten.ForEach(gated => gated.Connection.Abort());

    private void Leave(GatedConnection gated)
    {
        lock (gate)
        {
            Forget(gated);
        }
    }

    private void Forget(GatedConnection gated)
    {
        if (gated.IsOpen)
        {
            gated.IsOpen = false;
            Activate(gated);
            open--;
        }
    }

    private void Activate(GatedConnection gated)
    {
        if (gated.Place is { } place)
        {
            idle.Remove(place);
            gated.Place = null;
        }
    }

    private void Sweep()
    {
        var closed = new List<GatedConnection>();
        lock (gate)
        {
            var silent = idle.Where(gated => !gated.HasSpoken && time.GetElapsedTime(gated.IdleSince) >= Patience).ToArray();
            closed.AddRange(silent.Where(gated => time.GetElapsedTime(gated.IdleSince) >= limits.SilentFor));
            closed.AddRange(silent.Except(closed.ToArray()).GroupBy(gated => gated.Address)
                .SelectMany(many => many.SkipLast(limits.MaxSilentConnections)));
            closed.ForEach(Forget);
        }

        Close(closed);
    }
}
