using FishCheckpoint.Codec;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Measures frames.</summary>
internal static class FrameSize
{
    /// <summary>Bytes of the frame's head and payload.</summary>
    public static long Of(IFrame frame) => frame.Head.Length + frame.PayloadLength;
}
