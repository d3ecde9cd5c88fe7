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
    private readonly LinkedList<HeldConnection> idle = [];
    private readonly FishSettings.LimitSettings limits;

    // Not the store's clock, which dates checkpoints.
    private readonly TimeProvider time = TimeProvider.System;
    private readonly ITimer sweeping;
    private int open;

    public ConnectionGate(FishSettings settings, ILogger<ConnectionGate> logger)
    {
        limits = settings.Limits;
        Most = limits.MaxConnections;
        if (Descriptors.Left() is { } left && left / 2 < Most)
        {
            // The other half is for files that requests open.
            Most = Math.Max(1, left / 2);
            ApiLog.ConnectionsLowered(logger, limits.MaxConnections, Most, left);
        }

        sweeping = time.CreateTimer(_ => Sweep(), null, Patience, Patience);
    }

    /// <summary>The largest number of connections without the reserve.</summary>
    public int Most { get; }

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
    public static HeldConnection? Of(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(ConnectionGate), out var held) == true
            ? held as HeldConnection : null;

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

        List<HeldConnection> evicted = [];
        HeldConnection held;
        lock (gate)
        {
            // Connections that have sent nothing are replaced first.
            while (open >= Most && (Oldest(spoken: false) ?? Oldest(spoken: true)) is { } oldest)
            {
                Forget(oldest);
                evicted.Add(oldest);
            }

            if (open >= Most + Reserve)
            {
                return false;
            }

            held = new HeldConnection(connection, from.Address, open >= Most, time.GetTimestamp());
            connection.Items[typeof(ConnectionGate)] = held;
            held.Place = idle.AddLast(held);
            open++;
        }

        Close(evicted);
        connection.ConnectionClosed.UnsafeRegister(_ => Leave(held), null);
        return true;
    }

    /// <summary>Records the start of a request.</summary>
    public void Begin(HeldConnection held)
    {
        lock (gate)
        {
            held.HasSpoken = true;
            if (held.Requests++ == 0)
            {
                Wake(held);
            }
        }
    }

    /// <summary>Records the end of a request.</summary>
    public void End(HeldConnection held)
    {
        lock (gate)
        {
            if (--held.Requests == 0 && held.IsOpen)
            {
                held.IdleSince = time.GetTimestamp();
                held.Place = idle.AddLast(held);
            }
        }
    }

    public void Dispose() => sweeping.Dispose();

    private HeldConnection? Oldest(bool spoken) =>
        idle.FirstOrDefault(held => held.HasSpoken == spoken) is { } oldest && time.GetElapsedTime(oldest.IdleSince) >= Patience
            ? oldest : null;

    // Outside the lock, and synchronously: the descriptors are free when this returns, however busy the threads are.
    private static void Close(List<HeldConnection> forgotten) => forgotten.ForEach(held => held.Connection.Abort());

    private void Leave(HeldConnection held)
    {
        lock (gate)
        {
            Forget(held);
        }
    }

    private void Forget(HeldConnection held)
    {
        if (held.IsOpen)
        {
            held.IsOpen = false;
            Wake(held);
            open--;
        }
    }

    private void Wake(HeldConnection held)
    {
        if (held.Place is { } place)
        {
            idle.Remove(place);
            held.Place = null;
        }
    }

    private void Sweep()
    {
        var closed = new List<HeldConnection>();
        lock (gate)
        {
            var silent = idle.Where(held => !held.HasSpoken && time.GetElapsedTime(held.IdleSince) >= Patience).ToArray();
            closed.AddRange(silent.Where(held => time.GetElapsedTime(held.IdleSince) >= limits.SilentFor));
            closed.AddRange(silent.Except(closed.ToArray()).GroupBy(held => held.Address)
                .SelectMany(many => many.SkipLast(limits.MaxSilentConnections)));
            closed.ForEach(Forget);
        }

        Close(closed);
    }
}
