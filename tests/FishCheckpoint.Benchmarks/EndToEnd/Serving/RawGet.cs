using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Net;
using System.Text;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.EndToEnd.Serving;

/// <summary>One answer, as it was timed.</summary>
/// <param name="FirstByte">From before the connection was opened to the first byte of the body, in seconds.</param>
/// <param name="Total">To the last byte, in seconds.</param>
internal readonly record struct Timing(double FirstByte, double Total);

/// <summary>
/// A bare HTTP/1.1 client: a blocking socket that reads into one large buffer and does nothing with it, so that the server is what is
/// measured.
/// </summary>
internal sealed class RawGet
{
    private const int BufferLength = 1 << 20;

    private readonly byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferLength, pinned: true);

    /// <summary>Gets a resource over a connection of its own.</summary>
    /// <param name="resource">Where it is.</param>
    /// <param name="expected">The length that the answer has to have.</param>
    /// <param name="inspect">Sees the body's bytes as they come; <see langword="null"/> while measuring.</param>
    public Timing Read(Uri resource, long expected, Action<ReadOnlySpan<byte>>? inspect = null)
    {
        var clock = Stopwatch.StartNew();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Parse(resource.Host), resource.Port);
        socket.Send(
            Encoding.ASCII.GetBytes($"GET {resource.PathAndQuery} HTTP/1.1\r\nHost: {resource.Authority}\r\nConnection: close\r\n\r\n"));
        var (filled, body) = ReadHead(socket, resource, expected);
        for (; filled == body; filled += Receive(socket, buffer.AsSpan(filled)))
        {
            // The head may come alone: the first byte of the body is what counts.
        }

        var first = clock.Elapsed.TotalSeconds;
        inspect?.Invoke(buffer.AsSpan(body, filled - body));
        for (var left = expected - (filled - body); left > 0;)
        {
            var read = Receive(socket, buffer);
            inspect?.Invoke(buffer.AsSpan(0, read));
            left -= read;
        }

        return new Timing(first, clock.Elapsed.TotalSeconds);
    }

    private (int Filled, int Body) ReadHead(Socket socket, Uri resource, long expected)
    {
        for (var filled = 0; filled < buffer.Length;)
        {
            filled += Receive(socket, buffer.AsSpan(filled));
            if (buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8) is var end and >= 0)
            {
                Check(Encoding.ASCII.GetString(buffer, 0, end), resource, expected);
                return (filled, end + 4);
            }
        }

        throw new InvalidDataException($"{resource} answered without an end of its head.");
    }

    private static void Check(string head, Uri resource, long expected)
    {
        var length = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        if (!head.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) || length is null
            || long.Parse(length.AsSpan(length.IndexOf(':') + 1).Trim(), CultureInfo.InvariantCulture) != expected)
        {
            throw new InvalidDataException($"{resource} did not answer with {expected} bytes:\n{head}");
        }
    }

    private static int Receive(Socket socket, Span<byte> destination) => socket.Receive(destination) is var read and > 0
        ? read : throw new EndOfStreamException("The answer ended early.");
}

/// <summary>Whether an answer is a file, byte for byte: asked once before anything is measured.</summary>
internal static class SameBytes
{
    /// <summary>Reads an answer beside a file.</summary>
    /// <exception cref="InvalidDataException">They differ.</exception>
    public static void Require(RawGet client, Uri resource, string path)
    {
        using var file = File.OpenHandle(path);
        var (expected, offset) = (new byte[1 << 20], 0L);
        client.Read(resource, RandomAccess.GetLength(file), received =>
        {
            for (; received.Length > 0; received = received[Math.Min(received.Length, expected.Length)..])
            {
                var part = expected.AsSpan(0, Math.Min(received.Length, expected.Length));
                PositionalFile.ReadExactly(file, offset, part, path);
                if (!received[..part.Length].SequenceEqual(part))
                {
                    throw new InvalidDataException($"{resource} is not {path}: it differs after byte {offset}.");
                }

                offset += part.Length;
            }
        });
    }
}
