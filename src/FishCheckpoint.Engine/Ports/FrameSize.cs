using FishCheckpoint.Codec;

namespace FishCheckpoint.Engine.Ports;

/// <summary>What a frame takes of a store.</summary>
internal static class FrameSize
{
    /// <summary>Bytes of its head and payload.</summary>
    public static long Of(IFrame frame) => frame.Head.Length + frame.PayloadLength;
}
