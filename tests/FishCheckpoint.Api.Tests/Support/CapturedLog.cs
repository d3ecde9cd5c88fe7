using System.Text;
using Microsoft.Extensions.Logging;

namespace FishCheckpoint.Api.Tests.Support;

/// <summary>Keeps everything that is logged, with all that the messages were made of.</summary>
internal sealed class CapturedLog : ILoggerProvider, ILogger
{
    private readonly StringBuilder text = new();

    public string Text
    {
        get
        {
            lock (text)
            {
                return text.ToString();
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        Keep($"{state}");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Keep($"{logLevel} {formatter(state, exception)} {exception}");
        if (state is IEnumerable<KeyValuePair<string, object?>> members)
        {
            Keep(string.Join(' ', members.Select(member => $"{member.Key}={member.Value}")));
        }
    }

    public void Dispose()
    {
        // Nothing to close.
    }

    private void Keep(string line)
    {
        lock (text)
        {
            text.AppendLine(line);
        }
    }
}
