namespace FishCheckpoint.Api.Limits;

/// <summary>Reports to the gate which connections are idle. A reserve place serves one response.</summary>
internal sealed class ConnectionUse(RequestDelegate next, ConnectionGate gate)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (ConnectionGate.Of(context) is not { } held)
        {
            await next(context);
            return;
        }

        if (held.IsReserve && !HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            // As late as possible: a refusal restarts the response.
            context.Response.OnStarting(() =>
            {
                context.Response.Headers.Connection = "close";
                return Task.CompletedTask;
            });
        }

        gate.Begin(held);
        try
        {
            await next(context);
        }
        finally
        {
            gate.End(held);
        }
    }
}
